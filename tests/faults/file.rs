//! A file that is damaged, or that is none of ours.

use std::fs::{read, write};
use std::path::Path;

use pubsub_core::{Error, ErrorKind, PubSub, Publish};
use sqlx::{Connection as _, SqliteConnection};

/// Nobody listens there, and nobody needs to.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";

#[derive(Debug, Publish)]
#[publish(node = "/faults/Row")]
struct Row {
    #[publish(id)]
    number: u64,
    text: String,
}

async fn open(file: &Path) -> Result<PubSub, Error> {
    let builder = PubSub::builder().url(AWAY).expect("a URL");
    let store = format!("sqlite:{}", file.display());
    let builder = builder.drain(std::time::Duration::ZERO);
    builder.store(&store).expect("a store").connect().await
}

async fn refusal(file: &Path) -> String {
    let before = read(file).expect("a file");
    let error = open(file).await.expect_err("it cannot be opened");
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert!(
        read(file).expect("a file") == before,
        "the file was changed"
    );
    let text = error.to_string();
    let name = file
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    assert!(text.contains(&name), "it does not name the file: {text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("letter.txt");
    write(&file, "Dear store, ".repeat(1_000)).expect("a writable directory");
    let text = refusal(&file).await;
    assert!(text.contains("not a database"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("damaged.db");
    let pubsub = open(&file).await.expect("a new store");
    for number in 0..200 {
        let text = "a row ".repeat(50);
        Row { number, text }
            .save_with(&pubsub)
            .await
            .expect("a save");
    }
    pubsub.shutdown().await.expect("a shutdown");
    let mut bytes = read(&file).expect("a file");
    let length = bytes.len();
    for byte in &mut bytes[4096..length] {
        *byte ^= 0x5a;
    }
    write(&file, bytes).expect("a writable file");
    let text = refusal(&file).await;
    assert!(text.contains("damaged"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_later_version_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("later.db");
    open(&file)
        .await
        .expect("a new store")
        .shutdown()
        .await
        .expect("a shutdown");
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    for statement in [
        "UPDATE pubsub_store SET version = 4711",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .expect(statement);
    }
    let text = refusal(&file).await;
    assert!(text.contains("4711"), "{text}");
}
