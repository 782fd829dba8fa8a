//! `#[publish(sea_orm)]` and `pubsub_core::sea_orm`.

use pubsub_core::{Action, after_save, sea_orm as published};
use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, IntoActiveModel, Schema};

use crate::entities::{blog, entry, post, tag};
use crate::outbox::{Outbox, begin, on_databases};

on_databases! {
    every_way_to_save_is_told_to_node_and_channels,
    a_commit_tells_and_a_rollback_does_not,
    a_delete_by_key_alone_carries_the_last_row,
    a_delete_of_what_is_not_there_is_silent_even_if_the_key_is_all_there_is,
    the_last_row_is_that_of_the_database_and_not_of_the_caller,
    a_channel_that_a_row_leaves_is_told,
    a_hook_that_refuses_undoes_the_transaction,
    bulk_operations_are_silent_until_they_are_told,
    on_and_when_hold_and_a_text_can_be_the_key,
    a_behaviour_of_its_own_can_call_ours,
    a_database_without_an_outbox_is_named_as_the_reason,
    a_value_that_xml_cannot_carry_is_refused_before_the_commit,
}

#[after_save]
fn nobody_swears(post: &post::Model) -> Result<(), String> {
    if post.text.contains("damn") {
        return Err("mind your language".to_owned());
    }
    Ok(())
}

async fn create_tables(db: &DatabaseConnection) {
    let schema = Schema::new(db.get_database_backend());
    for table in [
        schema.create_table_from_entity(post::Entity),
        schema.create_table_from_entity(blog::Entity),
        schema.create_table_from_entity(entry::Entity),
        schema.create_table_from_entity(tag::Entity),
    ] {
        db.execute(&table).await.unwrap();
    }
}

async fn prepared(outbox: &Outbox) -> DatabaseConnection {
    outbox.prepare().await;
    let db = outbox.connect().await;
    create_tables(&db).await;
    db
}

fn new_post(author: &str, text: &str) -> post::ActiveModel {
    post::ActiveModel {
        id: NotSet,
        author: Set(author.to_owned()),
        text: Set(text.to_owned()),
        parent: Set(None),
    }
}

async fn every_way_to_save_is_told_to_node_and_channels(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let post = new_post("ann", "one").insert(&db).await.unwrap();
    let mut active = post.into_active_model();
    active.text = Set("two".to_owned());
    let post = active.update(&db).await.unwrap();
    let saved = new_post("bob", "three").save(&db).await.unwrap();
    saved.delete(&db).await.unwrap();
    post.delete(&db).await.unwrap();
    assert_eq!(
        outbox.lines().await,
        [
            "/orm/BlogPost 1 put create",
            "blog-ann 1 put create",
            "all 1 put create",
            "/orm/BlogPost 1 put update",
            "blog-ann 1 put update",
            "all 1 put update",
            "/orm/BlogPost 2 put create",
            "blog-bob 2 put create",
            "all 2 put create",
            "/orm/BlogPost 2 retract delete",
            "blog-bob 2 retract delete",
            "all 2 retract delete",
            "/orm/BlogPost 1 retract delete",
            "blog-ann 1 retract delete",
            "all 1 retract delete",
        ]
    );
}

async fn a_commit_tells_and_a_rollback_does_not(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let tx = begin(&db).await;
    new_post("ann", "kept").insert(&tx).await.unwrap();
    assert_eq!(outbox.lines().await.len(), 0, "before the commit");
    tx.commit().await.unwrap();
    let tx = begin(&db).await;
    new_post("ann", "taken back").insert(&tx).await.unwrap();
    tx.rollback().await.unwrap();
    {
        let tx = begin(&db).await;
        new_post("ann", "dropped").insert(&tx).await.unwrap();
    }
    let told = outbox.told().await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|told| told.payload.contains("kept")));
    assert_eq!(post::Entity::find().count(&db).await.unwrap(), 1);
}

async fn a_delete_by_key_alone_carries_the_last_row(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let id = new_post("ann", "the last words")
        .insert(&db)
        .await
        .unwrap()
        .id;
    let before = outbox.lines().await.len();
    let by_key = post::ActiveModel {
        id: Set(id),
        ..<post::ActiveModel as sea_orm::ActiveModelTrait>::default()
    };
    assert_eq!(by_key.clone().delete(&db).await.unwrap().rows_affected, 1);
    let told = outbox.told().await.split_off(before);
    assert_eq!(
        told.iter().map(|told| &*told.node).collect::<Vec<_>>(),
        ["/orm/BlogPost", "blog-ann", "all"]
    );
    assert!(
        told.iter()
            .all(|told| told.payload.contains("<text>the last words</text>"))
    );
    // It is gone, and nobody hears of it twice, whatever the caller remembers of it.
    assert_eq!(by_key.delete(&db).await.unwrap().rows_affected, 0);
    let remembered = post::Model {
        id,
        author: "ann".to_owned(),
        text: "the last words".to_owned(),
        parent: None,
    };
    assert_eq!(remembered.delete(&db).await.unwrap().rows_affected, 0);
    assert_eq!(outbox.told().await.len(), before + 3);
}

async fn a_delete_of_what_is_not_there_is_silent_even_if_the_key_is_all_there_is(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let model = tag::Model {
        name: "rust".to_owned(),
    };
    let set = tag::ActiveModel {
        name: Set("rust".to_owned()),
    };
    for absent in [set.clone(), model.clone().into_active_model()] {
        assert_eq!(absent.delete(&db).await.unwrap().rows_affected, 0);
    }
    assert_eq!(outbox.lines().await, Vec::<String>::new());
    for present in [set.clone(), model.into_active_model()] {
        set.clone().insert(&db).await.unwrap();
        assert_eq!(present.delete(&db).await.unwrap().rows_affected, 1);
    }
    assert_eq!(
        outbox.lines().await,
        [
            "/orm/Tag rust put create",
            "/orm/Tag rust retract delete",
            "/orm/Tag rust put create",
            "/orm/Tag rust retract delete",
        ]
    );
}

async fn the_last_row_is_that_of_the_database_and_not_of_the_caller(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let stale = new_post("ann", "one").insert(&db).await.unwrap();
    let mut active = stale.clone().into_active_model();
    (active.text, active.author) = (Set("two".to_owned()), Set("bob".to_owned()));
    active.update(&db).await.unwrap();
    let before = outbox.told().await.len();
    stale.delete(&db).await.unwrap();
    let told = outbox.told().await.split_off(before);
    assert_eq!(told[1].line(), "blog-bob 1 retract delete");
    assert!(told[0].payload.contains("<text>two</text>"));
}

async fn a_channel_that_a_row_leaves_is_told(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let post = new_post("ann", "hello").insert(&db).await.unwrap();
    let before = outbox.told().await.len();
    let moved = post::ActiveModel {
        id: Unchanged(post.id),
        author: Set("bob".to_owned()),
        ..<post::ActiveModel as sea_orm::ActiveModelTrait>::default()
    };
    moved.update(&db).await.unwrap();
    let told = outbox.told().await.split_off(before);
    assert_eq!(
        told.iter()
            .map(super::outbox::Told::line)
            .collect::<Vec<_>>(),
        [
            "blog-ann 1 retract",
            "/orm/BlogPost 1 put update",
            "blog-bob 1 put update",
            "all 1 put update"
        ]
    );
}

async fn a_hook_that_refuses_undoes_the_transaction(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let tx = begin(&db).await;
    let error = new_post("ann", "damn").insert(&tx).await.unwrap_err();
    assert!(
        matches!(&error, DbErr::Custom(said) if said.contains("nobody_swears") && said.contains("mind your language")),
        "{error}"
    );
    drop(tx);
    assert_eq!(post::Entity::find().count(&db).await.unwrap(), 0);
    // On a bare connection the row is written by then; nobody is told.
    new_post("ann", "damn").insert(&db).await.unwrap_err();
    assert_eq!(post::Entity::find().count(&db).await.unwrap(), 1);
    assert_eq!(outbox.told().await, []);
}

async fn bulk_operations_are_silent_until_they_are_told(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let tx = begin(&db).await;
    let posts = (0..250).map(|id| new_post("ann", &format!("post {id}")));
    let made = post::Entity::insert_many(posts)
        .exec_with_returning(&tx)
        .await
        .unwrap();
    assert_eq!(made.len(), 250);
    tx.commit().await.unwrap();
    assert_eq!(outbox.told().await, []);

    let tx = begin(&db).await;
    published::publish_all(&tx, &made, Action::Create)
        .await
        .unwrap();
    let changed = post::Entity::update_many()
        .col_expr(post::Column::Parent, Expr::value(1))
        .filter(post::Column::Id.lte(2))
        .exec_with_returning(&tx)
        .await
        .unwrap();
    published::publish_all(&tx, &changed, Action::Update)
        .await
        .unwrap();
    let gone = post::Entity::delete_many()
        .filter(post::Column::Id.eq(3))
        .exec_with_returning(&tx)
        .await
        .unwrap();
    published::publish_all(&tx, &gone, Action::Delete)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let told = outbox.told().await;
    assert_eq!(told.len(), 3 * 253);
    let own: Vec<_> = told
        .iter()
        .filter(|told| told.node == "/orm/BlogPost")
        .collect();
    for (index, told) in own[..250].iter().enumerate() {
        assert_eq!(
            told.line(),
            format!("/orm/BlogPost {} put create", index + 1)
        );
        assert!(told.payload.contains(&format!("<text>post {index}</text>")));
    }
    let rest: Vec<_> = own[250..].iter().map(|told| told.line()).collect();
    assert_eq!(
        rest,
        [
            "/orm/BlogPost 1 put update",
            "/orm/BlogPost 2 put update",
            "/orm/BlogPost 3 retract delete"
        ]
    );
    assert!(own[250].payload.contains("<parent>1</parent>"));
}

async fn on_and_when_hold_and_a_text_can_be_the_key(outbox: Outbox) {
    let db = prepared(&outbox).await;
    for (name, is_public) in [("news", true), ("diary", false)] {
        let blog = blog::ActiveModel {
            name: Set(name.to_owned()),
            is_public: Set(is_public),
        };
        let blog = blog.insert(&db).await.unwrap();
        let mut active = blog.into_active_model();
        active.is_public = Set(!is_public);
        active.update(&db).await.unwrap().delete(&db).await.unwrap();
    }
    assert_eq!(
        outbox.lines().await,
        [
            "/orm/Blog news put create",
            "/orm/Blog news retract delete",
            "/orm/Blog diary retract delete"
        ]
    );
}

async fn a_behaviour_of_its_own_can_call_ours(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let blog = blog::ActiveModel {
        name: Set("news".to_owned()),
        is_public: Set(false),
    };
    blog.insert(&db).await.unwrap();
    let entry = entry::ActiveModel {
        id: NotSet,
        blog: Set("news".to_owned()),
        text: Set("  hello  ".to_owned()),
    };
    entry.insert(&db).await.unwrap().delete(&db).await.unwrap();
    let told = outbox.told().await;
    let lines: Vec<_> = told.iter().map(super::outbox::Told::line).collect();
    assert_eq!(
        lines,
        ["/entries 1 put create", "/entries 1 retract delete"]
    );
    assert_eq!(
        told[1].payload,
        "<entry xmlns=\"http://www.w3.org/2005/Atom\"><entry xmlns=\"urn:entry\"><id>1</id><blog>news</blog><text>hello</text></entry></entry>"
    );
}

async fn a_database_without_an_outbox_is_named_as_the_reason(outbox: Outbox) {
    let db = outbox.connect().await;
    create_tables(&db).await;
    let error = new_post("ann", "hello").insert(&db).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("PUBSUB_STORE") && said.contains("pubsub_outbox"),
        "{said}"
    );
}

async fn a_value_that_xml_cannot_carry_is_refused_before_the_commit(outbox: Outbox) {
    let db = prepared(&outbox).await;
    let tx = begin(&db).await;
    let error = new_post("ann", "\u{1}").insert(&tx).await.unwrap_err();
    assert!(error.to_string().contains("Model.text"), "{error}");
    drop(tx);
    assert_eq!(outbox.told().await, []);
    assert_eq!(post::Entity::find().count(&db).await.unwrap(), 0);
}
