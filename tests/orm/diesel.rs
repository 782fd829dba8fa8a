//! Diesel: its own table and the outbox in one transaction of its own.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use pubsub_core::{Action, OutboxRow, Publish};

use crate::outbox::Outbox;

diesel::table! {
    notes (id) {
        id -> BigInt,
        text -> Text,
    }
}

diesel::table! {
    pubsub_outbox (node, item) {
        node -> Text,
        item -> Text,
        kind -> Text,
        action -> Nullable<Text>,
        model -> Nullable<Text>,
        origin -> Nullable<Text>,
        payload -> Nullable<Text>,
    }
}

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, Publish)]
#[diesel(table_name = notes)]
#[publish(node = "/diesel/note", channels("notes"))]
struct Note {
    #[publish(id)]
    id: i64,
    text: String,
}

fn publish(connection: &mut SqliteConnection, rows: &[OutboxRow]) -> QueryResult<()> {
    for row in rows {
        let [node, item, kind, action, model, origin, payload] = row.values();
        diesel::insert_into(pubsub_outbox::table)
            .values((
                node.map(|node| pubsub_outbox::node.eq(node)),
                item.map(|item| pubsub_outbox::item.eq(item)),
                kind.map(|kind| pubsub_outbox::kind.eq(kind)),
                pubsub_outbox::action.eq(action),
                pubsub_outbox::model.eq(model),
                pubsub_outbox::origin.eq(origin),
                pubsub_outbox::payload.eq(payload),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn connect(outbox: &Outbox) -> SqliteConnection {
    let file = outbox.file();
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL)",
        )
        .unwrap();
    connection
}

#[tokio::test]
async fn a_commit_tells_and_a_rollback_does_not() {
    let outbox = Outbox::sqlite();
    outbox.prepare().await;
    let mut connection = connect(&outbox);
    let note = Note {
        id: 1,
        text: "hello".to_owned(),
    };
    let create = |connection: &mut SqliteConnection| -> QueryResult<()> {
        diesel::insert_into(notes::table)
            .values(&note)
            .execute(connection)?;
        publish(connection, &note.outbox_rows(Action::Create).unwrap())
    };
    let undone = connection.immediate_transaction(|connection| {
        create(connection)?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    assert!(undone.is_err());
    assert_eq!(outbox.lines().await.len(), 0);
    connection.immediate_transaction(create).unwrap();
    let again = connection.immediate_transaction(create);
    assert!(again.is_err(), "the key is taken");
    connection
        .immediate_transaction(|connection| {
            let last: Note = notes::table.find(1).first(connection)?;
            diesel::delete(notes::table.find(1)).execute(connection)?;
            publish(connection, &last.outbox_rows(Action::Delete).unwrap())
        })
        .unwrap();
    assert_eq!(
        outbox.lines().await,
        [
            "/diesel/note 1 put create",
            "notes 1 put create",
            "/diesel/note 1 retract delete",
            "notes 1 retract delete"
        ]
    );
    let told = outbox.told().await;
    assert!(told[3].payload.contains("<text>hello</text>"));
}

#[tokio::test]
async fn the_view_says_what_it_does_not_take() {
    let outbox = Outbox::sqlite();
    outbox.prepare().await;
    let mut connection = connect(&outbox);
    for (values, said) in [
        (
            "('', '1', 'put', 'create', NULL, NULL, '<entry/>')",
            "node and item",
        ),
        (
            "('/a', '1', 'post', 'create', NULL, NULL, '<entry/>')",
            "kind must be",
        ),
        (
            "('/a', '1', 'put', 'create', NULL, NULL, NULL)",
            "needs a payload",
        ),
        (
            "('/a', '1', 'put', 'made', NULL, NULL, '<entry/>')",
            "action must be",
        ),
    ] {
        let statement = format!(
            "INSERT INTO pubsub_outbox (node, item, kind, action, model, origin, payload) VALUES {values}"
        );
        let error = connection
            .batch_execute(&statement)
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
    }
    assert_eq!(outbox.lines().await.len(), 0);
    // The least that has to be said, in any language.
    connection
        .batch_execute(
            "INSERT INTO pubsub_outbox (node, item, payload) VALUES ('/a', '1', '<entry/>')",
        )
        .unwrap();
    assert_eq!(outbox.lines().await, ["/a 1 put"]);
}
