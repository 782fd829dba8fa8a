//! What goes wrong, and what is said about it.

use std::time::Duration;

use pubsub_core::Publish as _;
use pubsub_core::store::{Joined, StoreErrorKind};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support::{PostgresServer, eventually};

use super::model::{Database, Note, item, node, note, save, soon, unit, write};

async fn run(url: &str, text: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection
        .execute(AssertSqlSafe(text.to_owned()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_costs_time_and_nothing_else() {
    let mut server = PostgresServer::start().await;
    let database = Database::on(&server).await;
    let store = database.open().await;
    write(&store, [save(&note(0, "ann", "x"))]).await;
    assert_eq!(store.claim(10).await.unwrap().len(), 3);
    server.kill();
    let saving = tokio::spawn({
        let store = store.clone();
        async move { store.write(unit([save(&note(1, "ann", "x"))])).await }
    });
    server.restart().await;
    let written = soon(saving).await.unwrap().unwrap().unwrap();
    assert!(written[0].entries.iter().all(|(_, number)| *number == 2));
    let row = eventually(Duration::from_secs(20), || async {
        // Readers of the pool may have the dead server's connections; each is found out once.
        store.row(Note::DESCRIPTOR, &item(0)).await.ok()
    })
    .await;
    assert!(row.is_some());
    let history = store.history(&node("/test/Note"), 0, 10).await.unwrap();
    assert_eq!(history.entries.len(), 2);
    // Its lanes are its own again, or free for anybody.
    eventually(Duration::from_secs(20), || async {
        store.claim(10).await.ok()
    })
    .await;
    let settled = store
        .settle(vec![super::model::settled("all", 2, true)])
        .await;
    assert_eq!(settled.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_does_not_come_back_is_said_in_time() {
    let mut server = PostgresServer::start().await;
    let database = Database::on(&server).await;
    let store = database.open_with("?busy_timeout=300ms").await.unwrap();
    write(&store, [save(&note(0, "ann", "x"))]).await;
    server.kill();
    let error = soon(store.write(unit([save(&note(1, "ann", "x"))])))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unreachable, "{error}");
    let error = soon(store.row(Note::DESCRIPTOR, &item(1)))
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error}");
    let error = soon(store.claim(1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn who_waits_in_a_circle_is_let_out() {
    let database = Database::new().await;
    let store = database.open().await;
    // So that both lanes are there.
    write(&store, [save(&note(1, "ann", "x"))]).await;
    // Somebody holds a lane that comes late, and then wants one that comes early.
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let hold = "SELECT 1 FROM pubsub_node WHERE node = 'of-ann' FOR UPDATE";
    transaction.execute(hold).await.unwrap();
    let saving = tokio::spawn({
        let store = store.clone();
        async move { store.write(unit([save(&note(2, "ann", "x"))])).await }
    });
    eventually(Duration::from_secs(10), || async {
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waits: i64 = sqlx::query_scalar(waits).fetch_one(&mut other).await.unwrap();
        (waits > 0).then_some(())
    })
    .await;
    let theirs = store
        .join(
            Joined::from(&mut transaction),
            unit([save(&note(3, "ann", "x"))]),
        )
        .await;
    // The database ends one of the two. It is ours that is tried again.
    if let Err(theirs) = theirs {
        assert_eq!(theirs.kind(), StoreErrorKind::Busy);
        transaction.rollback().await.unwrap();
    } else {
        transaction.commit().await.unwrap();
    }
    soon(saving).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn who_waits_too_long_is_told_so() {
    let database = Database::new().await;
    let store = database.open_with("?busy_timeout=200ms").await.unwrap();
    write(&store, [save(&note(1, "ann", "x"))]).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute("SELECT 1 FROM pubsub_node FOR UPDATE")
        .await
        .unwrap();
    let error = soon(store.write(unit([save(&note(2, "ann", "x"))])))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy, "{error}");
    transaction.rollback().await.unwrap();
    write(&store, [save(&note(2, "ann", "x"))]).await;
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_described() {
    let database = Database::new().await;
    let with = |from: &str, to: &str| database.url.replace(from, to);
    let refusal = async |url: String| {
        let url = url.parse().unwrap();
        pubsub_core::store::open(&url).await.unwrap_err()
    };
    let (base, _) = database.url.rsplit_once('/').unwrap();
    let missing = refusal(format!("{base}/nowhere")).await;
    assert_eq!(missing.kind(), StoreErrorKind::Configuration);
    assert!(missing.to_string().contains("createdb"), "{missing}");
    let stranger = refusal(with("postgres@", "stranger:secret@")).await;
    assert_eq!(stranger.kind(), StoreErrorKind::Configuration);
    assert!(stranger.to_string().contains("stranger"), "{stranger}");
    assert!(!format!("{stranger:?}").contains("secret"), "{stranger:?}");
    let closed = refusal("postgres://postgres@127.0.0.1:1/test".to_owned()).await;
    assert_eq!(closed.kind(), StoreErrorKind::Unreachable);
    assert!(closed.to_string().contains("127.0.0.1:1/test"), "{closed}");
}

#[tokio::test]
async fn a_user_without_rights_is_told_which_are_missing() {
    let database = Database::new().await;
    run(&database.url, "CREATE ROLE reader LOGIN").await;
    let url = database
        .url
        .replace("postgres@", "reader@")
        .parse()
        .unwrap();
    let error = pubsub_core::store::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
    assert!(error.to_string().contains("create tables"), "{error}");
    database.open().await;
    let text = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader";
    run(&database.url, text).await;
    let reader = pubsub_core::store::open(&url).await.unwrap();
    let error = reader.prepare(&[Note::DESCRIPTOR]).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
}

#[tokio::test]
async fn a_database_that_takes_no_writes_says_so() {
    let database = Database::new().await;
    let store = database.open().await;
    write(&store, [save(&note(1, "ann", "x"))]).await;
    let name = database.url.rsplit_once('/').unwrap().1;
    let text = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    run(&database.url, &text).await;
    let other = database.open().await;
    let error = other
        .write(unit([save(&note(2, "ann", "x"))]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{error}");
    assert!(
        other
            .row(Note::DESCRIPTOR, &item(1))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_store_of_another_version_is_left_alone() {
    let database = Database::new().await;
    database.open().await.close().await;
    run(&database.url, "UPDATE pubsub_store SET version = 99").await;
    let error = database.open_with("").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Version);
    assert!(error.to_string().contains("99"), "{error}");
    let theirs = Database::new().await;
    run(&theirs.url, "CREATE TABLE pubsub_store (colour TEXT)").await;
    let error = theirs.open_with("").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Version);
}

#[tokio::test]
async fn many_may_open_a_new_database_at_once() {
    let database = Database::new().await;
    let opening: Vec<_> = (0..8)
        .map(|number| {
            let url = database.url.clone();
            tokio::spawn(async move {
                let store = pubsub_core::store::open(&url.parse().unwrap())
                    .await
                    .unwrap();
                write(&store, [save(&note(number, "ann", "x"))]).await;
                store.log().clone()
            })
        })
        .collect();
    let mut logs = Vec::new();
    for open in opening {
        logs.push(soon(open).await.unwrap());
    }
    logs.dedup();
    assert_eq!(logs.len(), 1);
}
