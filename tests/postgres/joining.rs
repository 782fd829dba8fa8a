//! Transactions of the program: their own tables and ours in one commit.

use pubsub_core::Publish as _;
use pubsub_core::store::{Joined, StoreErrorKind};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::model::{Database, Note, item, names, note, save, soon, unit};

#[tokio::test]
async fn what_a_transaction_saves_is_told_once_it_is_committed() {
    let database = Database::new().await;
    let store = database.open().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection
        .execute("CREATE TABLE theirs (id INT)")
        .await
        .unwrap();
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute("INSERT INTO theirs VALUES (1)")
        .await
        .unwrap();
    let written = store.join(
        Joined::from(&mut transaction),
        unit([save(&note(1, "ann", "hello"))]),
    );
    assert_eq!(written.await.unwrap().unwrap()[0].entries.len(), 3);
    assert_eq!(store.claim(10).await.unwrap(), []);
    // Whoever waits hears of it by the commit, which this process has not made.
    let heard = tokio::spawn({
        let store = store.clone();
        async move {
            loop {
                let lanes = store.claim(10).await.unwrap();
                if !lanes.is_empty() {
                    return lanes;
                }
                store.news().await;
            }
        }
    });
    transaction.commit().await.unwrap();
    let mut lanes = soon(heard).await.unwrap();
    lanes.sort_by(|one, other| one.node.as_str().cmp(other.node.as_str()));
    assert_eq!(names(&lanes), ["/test/Note", "all", "of-ann"]);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_there() {
    let database = Database::new().await;
    let store = database.open().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let written = store.join(
        Joined::from(&mut transaction),
        unit([save(&note(1, "ann", "hello"))]),
    );
    written.await.unwrap().unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(store.row(Note::DESCRIPTOR, &item(1)).await.unwrap(), None);
    assert_eq!(store.depth().await.unwrap().waiting, 0);
    // The numbers go on as if nothing had been.
    let written = store
        .write(unit([save(&note(2, "ann", "hello"))]))
        .await
        .unwrap()
        .unwrap();
    assert!(written[0].entries.iter().all(|(_, number)| *number == 1));
}

#[tokio::test]
async fn a_failed_join_leaves_the_transaction_usable() {
    let database = Database::new().await;
    let store = database.open().await;
    let elsewhere = Database::new().await;
    let mut connection = PgConnection::connect(&elsewhere.url).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute("CREATE TABLE theirs (id INT)")
        .await
        .unwrap();
    let joined = store
        .join(
            Joined::from(&mut transaction),
            unit([save(&note(1, "ann", "x"))]),
        )
        .await;
    let error = joined.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Elsewhere);
    assert!(error.to_string().contains("PUBSUB_STORE"), "{error}");
    transaction
        .execute("INSERT INTO theirs VALUES (1)")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_sqlx_does_not_know_of_is_refused_and_stays_open() {
    let database = Database::new().await;
    let store = database.open().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection
        .execute("CREATE TABLE theirs (id INT)")
        .await
        .unwrap();
    for begin in ["BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE"] {
        connection.execute(begin).await.unwrap();
        connection
            .execute("INSERT INTO theirs VALUES (1)")
            .await
            .unwrap();
        let joined = store.join(
            Joined::from(&mut connection),
            unit([save(&note(1, "ann", "x"))]),
        );
        let error = joined.await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Elsewhere);
        assert!(error.to_string().contains("begin_with"), "{error}");
        connection.execute("ROLLBACK").await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM theirs")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(left, 0, "{begin} was committed");
    }
    // The same begun by sqlx, and a connection without a transaction.
    let mut transaction = connection
        .begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE")
        .await
        .unwrap();
    for id in [1, 2] {
        let joined = Joined::from(&mut transaction);
        let written = store.join(joined, unit([save(&note(id, "ann", "x"))]));
        written.await.unwrap().unwrap();
    }
    transaction.rollback().await.unwrap();
    assert_eq!(store.row(Note::DESCRIPTOR, &item(1)).await.unwrap(), None);
    let written = store.join(
        Joined::from(&mut connection),
        unit([save(&note(3, "ann", "x"))]),
    );
    written.await.unwrap().unwrap();
    assert!(
        store
            .row(Note::DESCRIPTOR, &item(3))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_transaction_of_the_store_holds_several_saves() {
    let database = Database::new().await;
    let store = database.open().await;
    let mut transaction = store.begin().await.unwrap();
    for id in 0..3 {
        let joined = Joined::from(&mut transaction);
        store
            .join(joined, unit([save(&note(id, "ann", "x"))]))
            .await
            .unwrap()
            .unwrap();
    }
    let connection = transaction.as_postgres().unwrap();
    connection
        .execute("CREATE TABLE theirs (id INT)")
        .await
        .unwrap();
    assert_eq!(store.depth().await.unwrap().waiting, 0);
    transaction.commit().await.unwrap();
    assert_eq!(store.depth().await.unwrap().waiting, 9);
    let mut transaction = store.begin().await.unwrap();
    let joined = Joined::from(&mut transaction);
    store
        .join(joined, unit([save(&note(7, "ann", "x"))]))
        .await
        .unwrap()
        .unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(store.depth().await.unwrap().waiting, 9);
}

#[tokio::test]
async fn other_programs_write_through_the_view() {
    let database = Database::new().await;
    let store = database.open().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let insert = "INSERT INTO pubsub_outbox (node, item, payload) VALUES ('weather', '1', '<a xmlns=\"b\"/>')";
    connection.execute(insert).await.unwrap();
    connection.execute(insert).await.unwrap();
    let lanes = store.claim(10).await.unwrap();
    assert_eq!((names(&lanes), lanes[0].last), (vec!["weather"], 2));
    let refused = connection
        .execute("INSERT INTO pubsub_outbox (node, item) VALUES ('weather', '1')")
        .await;
    assert!(refused.unwrap_err().to_string().contains("needs a payload"));
}
