//! Tables of models, their changes, and files that cannot be used.

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::bench::{Place, Tweet, delete, item, save, tweet, write};
use crate::Publish;
use crate::store::{Condition, Direction, Query, StoreErrorKind};

mod later {
    use crate::Publish;

    /// The same model in a later version of the program.
    #[derive(Debug, Clone, PartialEq, Publish)]
    #[publish(node = "/test/Tweet", crate = crate)]
    pub(super) struct Tweet {
        #[publish(id)]
        id: String,
        author: String,
        text: Option<i64>,
        #[publish(default)]
        likes: u32,
    }
}

use later::Tweet as LaterTweet;

async fn connect(place: &Place) -> SqliteConnection {
    let url = format!("sqlite:{}?mode=rwc", place.path().display());
    SqliteConnection::connect(&url).await.expect("a connection")
}

#[tokio::test]
async fn rows_are_found_by_their_fields_in_the_order_of_first_saves() {
    let place = Place::new();
    let store = place.open().await;
    for (id, author) in [(3, "ann"), (1, "bob"), (2, "ann"), (3, "ann")] {
        write(&store, [save(&tweet(id, author, "x"))]).await;
    }
    let all = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    let ids: Vec<_> = all.rows.iter().map(|row| row.item.as_str()).collect();
    assert_eq!(ids, ["3", "1", "2"]);
    assert_eq!((all.sequence, all.total), (4, None));
    let query = Query {
        conditions: vec![("author".to_owned(), Condition::Equal("ann".into()))],
        order: vec![("id".to_owned(), Direction::Ascending)],
        limit: Some(1),
        with_total: true,
        ..Query::default()
    };
    let some = store.rows(Tweet::DESCRIPTOR, &query).await.expect("rows");
    assert_eq!(some.rows[0].item, item(2));
    assert_eq!((some.rows.len(), some.total), (1, Some(2)));
    // Deleted and saved again it comes last.
    write(&store, [delete(3), save(&tweet(3, "ann", "x"))]).await;
    let all = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    let ids: Vec<_> = all.rows.iter().map(|row| row.item.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
}

#[tokio::test]
async fn the_table_of_a_changed_model_is_brought_up_to_date() {
    let place = Place::new();
    let store = place.open().await;
    for (id, text) in [(1, "7"), (2, "8"), (3, "no number")] {
        write(&store, [save(&tweet(id, "ann", text))]).await;
    }
    store.close().await;
    let store = place.open().await;
    store
        .prepare(&[LaterTweet::DESCRIPTOR])
        .await
        .expect("prepared");
    let query = Query {
        conditions: vec![
            ("id".to_owned(), Condition::Equal("2".into())),
            ("text".to_owned(), Condition::Equal(8_i64.into())),
        ],
        ..Query::default()
    };
    let rows = store
        .rows(LaterTweet::DESCRIPTOR, &query)
        .await
        .expect("rows");
    assert_eq!(rows.rows.len(), 1);
    let all = store
        .rows(LaterTweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    assert_eq!(all.rows.len(), 3);
    // And back.
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let query = Query {
        conditions: vec![("text".to_owned(), Condition::Equal("no number".into()))],
        ..Query::default()
    };
    let rows = store.rows(Tweet::DESCRIPTOR, &query).await.expect("rows");
    assert_eq!(rows.rows.len(), 1);
    let mut connection = connect(&place).await;
    let table = sqlx::query(
        "SELECT typeof(text), typeof(id), likes FROM test_tweet WHERE pubsub_item = '1'",
    );
    let row = table.fetch_one(&mut connection).await.expect("a row");
    assert_eq!(row.get::<String, _>(0), "text");
    assert_eq!(row.get::<String, _>(1), "integer");
    assert_eq!(row.get::<Option<i64>, _>(2), None);
}

#[tokio::test]
async fn many_stores_may_open_a_new_file_at_once() {
    let place = Place::new();
    let opening: Vec<_> = (0..8)
        .map(|id| {
            let url = place.url("");
            tokio::spawn(async move {
                let store = crate::store::open(&url).await.expect("a store");
                write(&store, [save(&tweet(id, "ann", "x"))]).await;
                store.log().clone()
            })
        })
        .collect();
    let mut logs = std::collections::HashSet::new();
    for opening in opening {
        logs.insert(opening.await.expect("no panic"));
    }
    assert_eq!(logs.len(), 1);
    let store = place.open().await;
    let rows = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    assert_eq!((rows.rows.len(), rows.sequence), (8, 8));
}

#[tokio::test]
async fn a_later_version_and_a_foreign_table_are_refused() {
    let place = Place::new();
    place.open().await.close().await;
    let mut connection = connect(&place).await;
    sqlx::query("UPDATE pubsub_store SET version = 7")
        .execute(&mut connection)
        .await
        .expect("updated");
    let error = place.open_with("").await.expect_err("a later version");
    assert_eq!(error.kind(), StoreErrorKind::Version);
    assert!(
        error.to_string().contains("version 7") && error.to_string().contains("up to 1"),
        "{error}"
    );

    let place = Place::new();
    let mut connection = connect(&place).await;
    sqlx::query("CREATE TABLE pubsub_store (a)")
        .execute(&mut connection)
        .await
        .expect("a table");
    let error = place.open_with("").await.expect_err("a foreign table");
    assert_eq!(error.kind(), StoreErrorKind::Version);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    std::fs::write(
        place.path(),
        "this is a letter, not a database\n".repeat(100),
    )
    .expect("written");
    let error = place.open_with("").await.expect_err("a letter");
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("a store.db"), "{error}");
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named() {
    let url = "sqlite:/nowhere/at/all/a.db".parse().expect("a URL");
    let error = crate::store::open(&url).await.expect_err("no directory");
    assert_eq!(error.kind(), StoreErrorKind::Unreachable);
    assert!(
        error.to_string().contains("/nowhere/at/all/a.db"),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "x"))]).await;
    for suffix in ["", "-wal", "-shm"] {
        let mut path = place.path().into_os_string();
        path.push(suffix);
        let mode = std::fs::metadata(&path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}
