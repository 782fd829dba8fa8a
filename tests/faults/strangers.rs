//! Rows that others write into the outbox: through the view what cannot be told is refused, and past the view it is parked, in nobody's way.

use std::time::Duration;

use pubsub_core::{PubSub, Publish};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use support::{OurServer, PostgresServer, within};

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Publish)]
#[publish(node = "/strangers/Row")]
struct Row {
    #[publish(id)]
    id: u64,
}

/// Carries statements out as another program would.
async fn run(store: &str, statements: &str) -> Result<(), String> {
    let statements = AssertSqlSafe(statements.to_owned());
    let done = if store.starts_with("postgres") {
        let mut connection = PgConnection::connect(store).await.expect("a database");
        connection.execute(sqlx::raw_sql(statements)).await
    } else {
        let mut connection = SqliteConnection::connect(store).await.expect("a file");
        let done = connection.execute(sqlx::raw_sql(statements)).await;
        connection.close().await.expect("closed");
        return done.map(drop).map_err(|error| error.to_string());
    };
    done.map(drop).map_err(|error| error.to_string())
}

const ENTRY: &str = "'<entry xmlns=\"http://www.w3.org/2005/Atom\"><title>x</title></entry>'";

/// The same with numbers and nodes of our own.
fn past_the_view(node: &str, item: &str, kind: &str, payload: &str) -> String {
    format!(
        "BEGIN; INSERT INTO pubsub_node (node, last) VALUES ({node}, 1);
         INSERT INTO pubsub_entry (node_id, sequence, item, kind, payload, created_at)
         SELECT id, 1, {item}, '{kind}', {payload}, 0 FROM pubsub_node WHERE node = {node};
         COMMIT"
    )
}

async fn open(url: &str, store: &str) -> PubSub {
    let builder = PubSub::builder().url(url).expect("a URL");
    let builder = builder.without_models().store(store).expect("a store");
    builder.connect().await.expect("a handle")
}

async fn the_view_refuses(store: &str, char: &str, more: &[(&str, &str, &str, &str)]) {
    let pubsub = open(
        "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off",
        store,
    )
    .await;
    let line_break = &format!("'a' || {char}(10) || 'b'");
    let control = &format!("{char}(159)");
    let long = &format!("'{}'", "é".repeat(512));
    let cases = [
        ("''", "'i'", ENTRY, "must be given"),
        ("'n'", "NULL", ENTRY, "must be given"),
        ("'n'", line_break, ENTRY, "control characters"),
        (line_break, "'i'", ENTRY, "control characters"),
        (control, "'i'", ENTRY, "control characters"),
        ("'n'", long, ENTRY, "at most 1023 bytes"),
        (long, "'i'", ENTRY, "at most 1023 bytes"),
        ("'n'", "'i'", "NULL", "needs a payload"),
    ];
    for (node, item, payload, wanted) in cases.iter().chain(more) {
        let insert = format!(
            "INSERT INTO pubsub_outbox (node, item, payload) VALUES ({node}, {item}, {payload})"
        );
        let error = run(store, &insert).await.expect_err(&insert);
        assert!(error.contains(wanted), "{insert}: {error}");
    }
    let longest = format!("'{}'", "é".repeat(511));
    for name in [longest.as_str(), "'ünï çødé 🦀 [a-z]*?^'"] {
        let insert = format!(
            "INSERT INTO pubsub_outbox (node, item, payload) VALUES ({name}, {name}, {ENTRY})"
        );
        run(store, &insert).await.expect(&insert);
    }
    let store = pubsub.store().expect("a store");
    assert_eq!(store.depth().await.expect("a depth").waiting, 2);
    within(PATIENCE, pubsub.shutdown()).await.expect("an end");
}

async fn what_is_past_the_view_is_parked(store: &str, char: &str, more: &[(&str, &str, &str)]) {
    let peer = OurServer::start().await;
    let pubsub = open(&peer.url("ann"), store).await;
    Row { id: 1 }.save_with(&pubsub).await.expect("a save");
    let line_break = &format!("'a' || {char}(10) || 'b'");
    let long = &format!("'{}'", "x".repeat(1024));
    let mut cases = vec![
        ("'/1'", line_break.as_str(), "put", ENTRY, "U+000A"),
        ("'/2'", long, "put", ENTRY, "1023 bytes"),
        ("'/3'", "''", "put", ENTRY, "empty"),
        ("'/4'", "'i'", "sing", ENTRY, "sing"),
        ("'/5'", "'i'", "put", "NULL", "no payload"),
        (line_break, "'i'", "put", ENTRY, "U+000A"),
    ];
    let more = more
        .iter()
        .map(|(node, payload, why)| (*node, "'i'", "put", *payload, *why));
    cases.extend(more);
    for (node, item, kind, payload, _) in &cases {
        let insert = past_the_view(node, item, kind, payload);
        run(store, &insert).await.expect(&insert);
    }
    let kept = pubsub.store().expect("a store");
    assert!(
        kept.undelivered(None, 0, 100).await.is_ok(),
        "they can be listed"
    );
    for id in 2..5 {
        Row { id }.save_with(&pubsub).await.expect("a save");
    }
    assert!(pubsub.flush(PATIENCE).await, "something is in the way");
    assert_eq!(pubsub.items::<Row>().await.expect("items").len(), 4);
    let parked = kept.parked(0, 100).await.expect("what is parked");
    assert_eq!(parked.len(), cases.len(), "{parked:?}");
    for (case, parked) in cases.iter().zip(&parked) {
        assert!(
            parked.reason.contains(case.4),
            "{case:?}: {}",
            parked.reason
        );
    }
    let ids: Vec<_> = parked.iter().map(|parked| parked.id).collect();
    assert_eq!(kept.retry(&ids[..1]).await.expect("a retry"), 1);
    assert!(pubsub.flush(PATIENCE).await, "it is parked again");
    let parked = kept.parked(0, 100).await.expect("what is parked");
    assert_eq!(parked.len(), cases.len());
    let ids: Vec<_> = parked.iter().map(|parked| parked.id).collect();
    assert_eq!(kept.discard(&ids).await.expect("a drop"), ids.len() as u64);
    let depth = kept.depth().await.expect("a depth");
    assert_eq!((depth.waiting, depth.parked), (0, 0));
    within(PATIENCE, pubsub.shutdown()).await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_of_a_file_refuses_what_cannot_be_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/a.db", directory.path().display());
    let blobs = [
        ("'n'", "'i'", "x'ff00fe'", "must be text"),
        ("'n'", "x'61'", ENTRY, "must be text"),
        ("x'61'", "'i'", ENTRY, "must be text"),
        ("'n'", "'a' || char(0)", ENTRY, "control characters"),
    ];
    the_view_refuses(&store, "char", &blobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_of_a_database_refuses_what_cannot_be_told() {
    let server = PostgresServer::shared().await;
    the_view_refuses(&server.database().await, "chr", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_from_a_file_is_parked() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/a.db", directory.path().display());
    let blobs = [
        ("'/7'", "x'ff00fe'", "not UTF-8"),
        ("x'61ff'", ENTRY, "its node is none"),
        ("x'62'", ENTRY, "no text"),
    ];
    what_is_past_the_view_is_parked(&store, "char", &blobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_from_a_database_is_parked() {
    let server = PostgresServer::shared().await;
    what_is_past_the_view_is_parked(&server.database().await, "chr", &[]).await;
}
