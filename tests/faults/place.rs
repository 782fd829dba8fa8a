//! One file that is called by several names, that is moved away under a program, or that is somebody else's.

use std::collections::BTreeSet;
use std::fs::{hard_link, remove_file, rename, write};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use pubsub_core::store::{self, StoreErrorKind};
use pubsub_core::{ErrorKind, PubSub, Publish, SaveError};
use sqlx::{Connection as _, SqliteConnection};
use support::{eventually, within};

/// Nobody listens there, and nobody needs to.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Publish)]
#[publish(node = "/place/Row")]
struct Row {
    #[publish(id)]
    id: u64,
}

fn url(file: &Path) -> String {
    format!("sqlite:{}?busy_timeout=2s", file.display())
}

async fn open(file: &Path) -> PubSub {
    let builder = PubSub::builder().url(AWAY).expect("a URL").without_models();
    let builder = builder.drain(Duration::ZERO).store(&url(file));
    let opened = builder.expect("a store").connect().await;
    opened.expect("a handle")
}

async fn close(pubsub: PubSub) {
    within(PATIENCE, pubsub.shutdown()).await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_programs_delivers_whatever_they_call_the_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, link) = (directory.path().join("a.db"), directory.path().join("b.db"));
    // It is made through the link.
    symlink("a.db", &link).expect("a link");
    let other = open(&link).await;
    let one = open(&file).await;
    Row { id: 1 }.save_with(&one).await.expect("a save");
    let (one_store, other_store) = (one.store().expect("one"), other.store().expect("other"));
    assert_eq!(one_store.claim(10).await.expect("lanes").len(), 1);
    assert_eq!(other_store.claim(10).await.expect("lanes"), []);
    let found: BTreeSet<_> = names(directory.path());
    assert!(
        found.iter().all(|name| !name.starts_with("b.db-")),
        "{found:?}"
    );
    close(one).await;
    close(other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_server_is_alone_with_its_file_whatever_it_is_called() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, link) = (directory.path().join("a.db"), directory.path().join("b.db"));
    let embedded = |file: &Path| {
        let builder = PubSub::builder().without_models().store(&url(file));
        builder.expect("a store").connect()
    };
    let first = embedded(&file).await.expect("a server");
    let lock = directory.path().join("a.db-embedded");
    let mode = lock.metadata().expect("a lock").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    symlink(&file, &link).expect("a link");
    let error = embedded(&link).await.expect_err("a second server");
    assert!(error.to_string().contains("PUBSUB_URL"), "{error}");
    close(first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_two_names_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, link) = (directory.path().join("a.db"), directory.path().join("b.db"));
    close(open(&file).await).await;
    hard_link(&file, &link).expect("a link");
    for file in [&file, &link] {
        let setting = url(file).parse().expect("a store");
        let error = store::open(&setting).await.expect_err("two names");
        assert_eq!(error.kind(), StoreErrorKind::Configuration);
        assert!(error.to_string().contains("hard links"), "{error}");
    }
    remove_file(&link).expect("one name");
    close(open(&file).await).await;
}

/// In a process of its own, because the working directory is everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn another_working_directory_changes_nothing() {
    const CHILD: &str = "PUBSUB_TEST_WORKING_DIRECTORY";
    if let Some(directory) = std::env::var_os(CHILD) {
        std::env::set_current_dir(directory).expect("a directory");
        let pubsub = open(Path::new("a.db")).await;
        std::env::set_current_dir("/").expect("a directory");
        // What opens connections of its own, and what has them already.
        Row { id: 1 }.save_with(&pubsub).await.expect("a save");
        let mut transaction = pubsub.begin().await.expect("a transaction");
        transaction.save(&Row { id: 2 }).await.expect("a save");
        transaction.commit().await.expect("a commit");
        let rows = pubsub.list::<Row>().fetch().await.expect("rows").rows;
        assert_eq!(rows.len(), 2);
        let lanes = pubsub.store().expect("a store").claim(10).await;
        assert_eq!(lanes.expect("lanes").len(), 1);
        close(pubsub).await;
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut child = tokio::process::Command::new(std::env::current_exe().expect("this program"));
    child
        .args([
            "--exact",
            "place::another_working_directory_changes_nothing",
        ])
        .env(CHILD, directory.path());
    let output = within(PATIENCE, child.output()).await.expect("a child");
    assert!(output.status.success(), "{output:?}");
    assert!(directory.path().join("a.db").exists(), "{output:?}");
}

/// What a save says, once it says something.
async fn refusal(pubsub: &PubSub) -> String {
    let refused = || async {
        match (Row { id: 2 }).save_with(pubsub).await {
            Err(SaveError::Store(error)) => Some(error),
            other => other
                .map(|_| None)
                .expect("a save, or an error of the store"),
        }
    };
    let error = eventually(PATIENCE, refused).await;
    assert_eq!(error.kind(), StoreErrorKind::Unreachable, "{error}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_fail_when_the_file_is_taken_away() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, elsewhere) = (directory.path().join("a.db"), directory.path().join("c.db"));
    let pubsub = open(&file).await;
    Row { id: 1 }.save_with(&pubsub).await.expect("a save");
    rename(&file, &elsewhere).expect("a move");
    let text = refusal(&pubsub).await;
    assert!(
        text.contains("moved or removed") && text.contains("put the file back"),
        "{text}"
    );
    assert!(pubsub.begin().await.is_err(), "a transaction begins");
    // It is back: nothing was lost.
    rename(&elsewhere, &file).expect("a move");
    Row { id: 3 }.save_with(&pubsub).await.expect("a save");
    std::fs::copy(&file, &elsewhere).expect("a copy");
    rename(&elsewhere, &file).expect("a replacement");
    let text = refusal(&pubsub).await;
    assert!(text.contains("replaced"), "{text}");
    remove_file(&file).expect("a removal");
    refusal(&pubsub).await;
    close(pubsub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_fail_when_the_file_is_emptied() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("a.db");
    let pubsub = open(&file).await;
    // By another process: to close the file in this one would take SQLite's locks away.
    let done = std::process::Command::new("truncate")
        .args(["-s", "0"])
        .arg(&file)
        .status();
    assert!(done.expect("truncate of coreutils").success());
    let text = refusal(&pubsub).await;
    assert!(text.contains("emptied"), "{text}");
    close(pubsub).await;
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_beside_a_file_that_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let letter = directory.path().join("letter.txt");
    write(&letter, "Dear store, ".repeat(1_000)).expect("a writable directory");
    let theirs = directory.path().join("theirs.db");
    let create = format!("sqlite:{}?mode=rwc", theirs.display());
    let mut connection = SqliteConnection::connect(&create)
        .await
        .expect("a database");
    let table = sqlx::raw_sql("CREATE TABLE pubsub_store (shelf TEXT)");
    table.execute(&mut connection).await.expect("a table");
    connection.close().await.expect("closed");
    let before = std::fs::read(&theirs).expect("a file");
    for file in [&letter, &theirs] {
        // With an embedded server and without.
        for builder in [
            PubSub::builder(),
            PubSub::builder().url(AWAY).expect("a URL"),
        ] {
            let builder = builder.without_models().store(&url(file)).expect("a store");
            let error = builder.connect().await.expect_err("a foreign file");
            assert_eq!(error.kind(), ErrorKind::Store, "{error}");
            assert!(
                error.to_string().contains(&file.display().to_string()),
                "{error}"
            );
        }
    }
    let found = names(directory.path());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        std::fs::read(&theirs).expect("a file") == before,
        "it was changed"
    );
}
