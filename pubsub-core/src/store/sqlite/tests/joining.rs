//! Transactions of the program.

use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};

use super::bench::{Place, Tweet, delete, item, save, soon, tweet, unit, write};
use crate::Publish as _;
use crate::store::{Joined, StoreErrorKind};

async fn theirs(place: &Place) -> SqliteConnection {
    let url = format!("sqlite:{}?mode=rw", place.path().display());
    SqliteConnection::connect(&url).await.expect("a connection")
}

#[tokio::test]
async fn what_is_joined_is_there_after_the_commit_only() {
    let place = Place::new();
    let store = place.open().await;
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let mut connection = theirs(&place).await;
    let mut transaction = connection.begin().await.expect("a transaction");
    sqlx::query("CREATE TABLE mine (a)")
        .execute(&mut *transaction)
        .await
        .expect("a table");
    let unit_ = unit([save(&tweet(1, "ann", "x"))]);
    let written = store
        .join(Joined::from(&mut transaction), unit_)
        .await
        .expect("joined");
    assert_eq!(written.expect("not refused")[0].entries[0].1, 1);
    assert_eq!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read"),
        None
    );
    transaction.rollback().await.expect("rolled back");
    assert_eq!(store.depth().await.expect("a depth").waiting, 0);

    let mut transaction = connection.begin().await.expect("a transaction");
    for id in [1, 2] {
        let unit = unit([save(&tweet(id, "ann", "x"))]);
        store
            .join(Joined::from(&mut transaction), unit)
            .await
            .expect("joined");
    }
    transaction.commit().await.expect("committed");
    soon(async {
        while store.claim(10).await.expect("lanes").is_empty() {
            store.news().await;
        }
    })
    .await;
    assert_eq!(store.depth().await.expect("a depth").waiting, 4);
    assert!(
        store
            .row(Tweet::DESCRIPTOR, &item(2))
            .await
            .expect("a read")
            .is_some()
    );
}

#[tokio::test]
async fn a_transaction_that_sqlx_does_not_know_of_is_refused_and_stays_open() {
    let place = Place::new();
    let store = place.open().await;
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let mut connection = theirs(&place).await;
    let begin = sqlx::raw_sql("BEGIN IMMEDIATE; CREATE TABLE mine (a)");
    begin.execute(&mut connection).await.expect("begun");
    let unit = unit([save(&tweet(1, "ann", "x"))]);
    let joined = store.join(Joined::from(&mut connection), unit).await;
    let error = joined.expect_err("refused");
    assert_eq!(error.kind(), StoreErrorKind::Elsewhere);
    assert!(error.to_string().contains("begin_with"), "{error}");
    let end = sqlx::raw_sql("INSERT INTO mine VALUES (1); ROLLBACK");
    end.execute(&mut connection).await.expect("rolled back");
}

#[tokio::test]
async fn a_bare_connection_is_committed_at_once() {
    let place = Place::new();
    let store = place.open().await;
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let mut connection = theirs(&place).await;
    let unit = unit([save(&tweet(1, "ann", "x"))]);
    store
        .join(Joined::from(&mut connection), unit)
        .await
        .expect("joined");
    assert!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read")
            .is_some()
    );
}

#[tokio::test]
async fn a_transaction_in_another_database_is_refused_and_goes_on() {
    let place = Place::new();
    let store = place.open().await;
    for other in [Place::new(), {
        let other = Place::new();
        other.open().await.close().await;
        other
    }] {
        let url = format!("sqlite:{}?mode=rwc", other.path().display());
        let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
        let mut transaction = connection.begin().await.expect("a transaction");
        let unit = unit([save(&tweet(1, "ann", "x"))]);
        let error = store
            .join(Joined::from(&mut transaction), unit)
            .await
            .expect_err("elsewhere");
        assert_eq!(error.kind(), StoreErrorKind::Elsewhere);
        assert!(error.to_string().contains("PUBSUB_STORE"), "{error}");
        sqlx::query("CREATE TABLE mine (a)")
            .execute(&mut *transaction)
            .await
            .expect("a table");
        transaction.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn a_transaction_of_the_store_holds_several_saves_and_tables_of_the_program() {
    let place = Place::new();
    let store = place.open().await;
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let mut transaction = store.begin().await.expect("a transaction");
    let unit_ = unit([save(&tweet(1, "ann", "x"))]);
    store
        .join(Joined::from(&mut transaction), unit_)
        .await
        .expect("joined");
    let connection = transaction.as_sqlite().expect("SQLite");
    sqlx::query("CREATE TABLE mine (a)")
        .execute(connection)
        .await
        .expect("a table");
    // Somebody beside it waits for its end.
    let beside = tokio::spawn({
        let store = store.clone();
        async move { write(&store, [save(&tweet(2, "ann", "x"))]).await }
    });
    transaction.commit().await.expect("committed");
    soon(store.news()).await;
    assert_eq!(soon(beside).await.expect("no panic")[0].entries[0].1, 2);

    let mut transaction = store.begin().await.expect("a transaction");
    let unit_ = unit([delete(1)]);
    store
        .join(Joined::from(&mut transaction), unit_)
        .await
        .expect("joined");
    drop(transaction);
    write(&store, [save(&tweet(3, "ann", "x"))]).await;
    assert!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read")
            .is_some()
    );
}

#[tokio::test]
async fn a_save_beside_an_open_transaction_is_told_what_to_do() {
    let place = Place::new();
    let store = place
        .open_with("?busy_timeout=200ms")
        .await
        .expect("a store");
    store.prepare(&[Tweet::DESCRIPTOR]).await.expect("prepared");
    let transaction = store.begin().await.expect("a transaction");
    let error = store
        .write(unit([save(&tweet(1, "ann", "x"))]))
        .await
        .expect_err("busy");
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.to_string().contains("save_in"), "{error}");
    transaction.rollback().await.expect("rolled back");
    write(&store, [save(&tweet(1, "ann", "x"))]).await;
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "x"))]).await;
    let mut connection = theirs(&place).await;
    let transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .expect("a transaction");
    let writing = tokio::spawn({
        let store = store.clone();
        async move { write(&store, [save(&tweet(2, "ann", "x"))]).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!writing.is_finished());
    transaction.commit().await.expect("committed");
    soon(writing).await.expect("no panic");
}

#[tokio::test]
async fn the_view_takes_entries_from_anybody() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "x"))]).await;
    let mut connection = theirs(&place).await;
    let insert = "INSERT INTO pubsub_outbox (node, item, kind, action, payload) VALUES ('/test/Tweet', '7', 'put', 'create', '<a/>')";
    sqlx::query(insert)
        .execute(&mut connection)
        .await
        .expect("inserted");
    let lanes = store.claim(1).await.expect("lanes");
    assert_eq!(lanes[0].last, 2);
    let bad = "INSERT INTO pubsub_outbox (node, item, kind) VALUES ('a', '7', 'put')";
    let error = sqlx::query(bad)
        .execute(&mut connection)
        .await
        .expect_err("no payload");
    assert!(error.to_string().contains("needs a payload"), "{error}");
}
