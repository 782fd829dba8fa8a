//! A file that is damaged, or that is none of ours.

use std::fs::{read, write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pubsub_core::store::StoreErrorKind;
use pubsub_core::{Error, ErrorKind, PubSub, Publish, ReadError, SaveError};
use sqlx::{Connection as _, SqliteConnection};
use support::within;

/// Nobody listens there, and nobody needs to.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";

/// Whatever is asked of a damaged store is answered soon.
const PATIENCE: Duration = Duration::from_secs(20);

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
    let builder = builder.drain(Duration::ZERO);
    builder.store(&store).expect("a store").connect().await
}

/// What is said of a file that is refused, and left alone.
async fn refusal(file: &Path) -> String {
    let before = read(file).expect("a file");
    let text = error(file, ErrorKind::Store).await;
    assert!(
        read(file).expect("a file") == before,
        "the file was changed"
    );
    text
}

async fn error(file: &Path, kind: ErrorKind) -> String {
    let error = open(file).await.expect_err("it cannot be opened");
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    let store = format!("sqlite:{}: ", file.display());
    assert_eq!(
        text.matches(&store).count(),
        1,
        "it does not name the file once: {text}"
    );
    text
}

async fn save(pubsub: &PubSub, numbers: std::ops::Range<u64>) -> Result<(), SaveError> {
    for number in numbers {
        let text = "a row ".repeat(50);
        Row { number, text }.save_with(pubsub).await?;
    }
    Ok(())
}

async fn closed(pubsub: PubSub) {
    within(PATIENCE, pubsub.shutdown())
        .await
        .expect("a shutdown");
}

/// Changes the file as another program would.
async fn run(file: &Path, statements: &[&str]) {
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    for statement in statements {
        let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(*statement));
        statement
            .execute(&mut connection)
            .await
            .expect("a statement");
    }
    connection.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("letter.txt");
    write(&file, "Dear store, ".repeat(1_000)).expect("a writable directory");
    let text = refusal(&file).await;
    assert!(text.contains("not an SQLite database"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("damaged.db");
    let pubsub = open(&file).await.expect("a new store");
    save(&pubsub, 0..200).await.expect("saves");
    closed(pubsub).await;
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
async fn damage_that_is_found_later_is_said_and_the_program_goes_on() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("damaged.db");
    let pubsub = open(&file).await.expect("a new store");
    save(&pubsub, 0..200).await.expect("saves");
    closed(pubsub).await;
    let copy = directory.path().join("copy.db");
    std::fs::copy(&file, &copy).expect("a copy");

    let pubsub = open(&file).await.expect("a good store");
    save(&pubsub, 200..210).await.expect("saves");
    // By another process: to close the file in this one would take SQLite's locks away. The first page is left, and with it
    // what the store has seen already.
    let damage = "dd if=/dev/urandom of=\"$1\" bs=4096 seek=1 count=30 conv=notrunc status=none";
    let done = Command::new("sh")
        .args(["-c", damage, "sh"])
        .arg(&file)
        .status();
    assert!(done.expect("dd of coreutils").success());
    let list = || async { pubsub.list::<Row>().limit(1_000).fetch().await };
    for _ in 0..3 {
        let error = within(PATIENCE, list()).await.expect_err("damage");
        let ReadError::Store(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("damaged.db: ") && text.contains("bring back a copy"),
            "{text}"
        );
    }
    // What the writer has seen before it may still write; if not, it says why.
    match within(PATIENCE, save(&pubsub, 210..220)).await {
        Err(SaveError::Store(error)) if error.kind() == StoreErrorKind::Corrupt => {}
        saved => saved.expect("a save, or damage"),
    }
    closed(pubsub).await;

    for beside in ["-wal", "-shm"] {
        drop(std::fs::remove_file(
            directory.path().join(format!("damaged.db{beside}")),
        ));
    }
    std::fs::rename(&copy, &file).expect("the copy is brought back");
    let pubsub = open(&file).await.expect("a good store");
    assert_eq!(
        pubsub
            .list::<Row>()
            .limit(1_000)
            .fetch()
            .await
            .expect("rows")
            .rows
            .len(),
        200
    );
    closed(pubsub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_another_version_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("other.db");
    closed(open(&file).await.expect("a new store")).await;
    run(&file, &["UPDATE pubsub_store SET version = 4711"]).await;
    let text = refusal(&file).await;
    assert!(
        text.contains("of version 4711") && text.contains("up to 1"),
        "{text}"
    );
    // There is none before the first.
    run(&file, &["UPDATE pubsub_store SET version = 0"]).await;
    let text = refusal(&file).await;
    assert!(text.contains("not that of a store of version 1"), "{text}");
    run(&file, &["UPDATE pubsub_store SET version = 1"]).await;
    closed(open(&file).await.expect("it is as it was")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_somebody_else_is_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("theirs.db");
    write(&file, "").expect("a writable directory");
    // The mode of its journal would be changed before it is seen whose it is.
    let theirs = "PRAGMA journal_mode = WAL; CREATE TABLE pubsub_store (shelf TEXT)";
    run(&file, &[theirs]).await;
    let text = refusal(&file).await;
    assert!(text.contains("use another database"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_to_no_file_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let missing = directory.path().join("no/such/place");
    let text = error(&missing.join("a.db"), ErrorKind::Store).await;
    let wanted = format!("there is no directory {}: create it", missing.display());
    assert!(text.contains(&wanted), "{text}");
    assert!(!directory.path().join("no").exists(), "it was made");

    let text = error(directory.path(), ErrorKind::Configuration).await;
    assert!(
        text.contains("this is a directory: name a file in it"),
        "{text}"
    );

    let file = directory.path().join("letter.txt");
    write(&file, "Dear store,").expect("a writable directory");
    let text = error(&file.join("a.db"), ErrorKind::Configuration).await;
    assert!(text.contains("letter.txt is not a directory"), "{text}");
}
