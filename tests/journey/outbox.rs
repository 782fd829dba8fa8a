//! `pubsub outbox`, beside a program that saves to the same file.

use std::path::Path;
use std::process::Command;
use std::str::FromStr as _;
use std::time::Duration;

use pubsub_core::{ItemId, NodeName, PubSub};
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};
use support::{Dialogue, OurServer, Peer, within};

const PATIENCE: Duration = Duration::from_secs(20);

fn outbox(arguments: &[&str], file: &Path) -> Command {
    let mut command = support::program("pubsub");
    command
        .arg("outbox")
        .args(arguments)
        .env("PUBSUB_STORE", store(file))
        .env_remove("RUST_LOG");
    command
}

fn store(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn run(arguments: &[&str], file: &Path) -> Vec<String> {
    let (lines, status) = Dialogue::start(outbox(arguments, file)).end().await;
    assert!(status.success(), "{arguments:?}: {status}: {lines:?}");
    lines
}

async fn object(arguments: &[&str], file: &Path) -> Value {
    let lines = run(arguments, file).await;
    let [line] = &lines[..] else {
        panic!("{lines:?}")
    };
    serde_json::from_str(line).unwrap()
}

async fn program(peer: &Peer, user: &str, file: &Path) -> PubSub {
    let builder = PubSub::builder().url(&peer.url(user)).unwrap();
    let builder = builder.store(&store(file)).unwrap().without_models();
    builder.drain(Duration::ZERO).connect().await.unwrap()
}

async fn publish(pubsub: &PubSub, node: &str, item: &str) {
    let (node, item) = (NodeName::new(node).unwrap(), ItemId::new(item).unwrap());
    let saved = within(PATIENCE, pubsub.publish_as(&node, &item, "text")).await;
    let _ = saved.unwrap();
}

#[tokio::test]
async fn what_waits_is_counted_and_listed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pubsub.db");
    let mut peer = OurServer::start().await;
    peer.kill();
    let pubsub = program(&peer, "ann", &file).await;
    for (node, item) in [("/a", "1"), ("/b", "1"), ("/a", "2")] {
        publish(&pubsub, node, item).await;
    }
    let depth = object(&["--json"], &file).await;
    assert_eq!(
        (&depth["waiting"], &depth["nodes"], &depth["parked"]),
        (&3.into(), &2.into(), &0.into())
    );
    assert!(depth["oldest_seconds"].as_f64().is_some(), "{depth}");
    assert_eq!(run(&["depth"], &file).await[..2], ["waiting 3", "nodes 2"]);

    let listed = run(&["list"], &file).await;
    let starts = ["1 waiting /a 1 ", "2 waiting /b 1 ", "3 waiting /a 2 "];
    assert_eq!(listed.len(), 3);
    for (line, start) in listed.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    assert_eq!(run(&["list", "--node", "/b"], &file).await.len(), 1);
    assert_eq!(run(&["list", "--limit", "2"], &file).await.len(), 2);
    assert_eq!(run(&["list", "--parked"], &file).await.len(), 0);
    pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_was_refused_is_shown_tried_again_and_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pubsub.db");
    let peer = OurServer::start().await;
    let owner = PubSub::builder().url(&peer.url("ann")).unwrap();
    let owner = owner.without_models().connect().await.unwrap();
    publish(&owner, "/anns", "1").await;

    let pubsub = program(&peer, "bob", &file).await;
    publish(&pubsub, "/anns", "2").await;
    publish(&pubsub, "/anns", "3").await;
    publish(&pubsub, "/bobs", "1").await;
    assert!(pubsub.flush(PATIENCE).await);
    let listed = run(&["list", "--json"], &file).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    for line in &listed {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["state"], &line["node"]),
            (&"parked".into(), &"/anns".into())
        );
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains("may not do that"), "{reason}");
    }

    assert_eq!(object(&["drop", "1", "--json"], &file).await["dropped"], 1);
    assert_eq!(run(&["list", "--parked"], &file).await.len(), 1);
    // The node is opened: what waits there may go.
    let anns = NodeName::new("/anns").unwrap();
    let config = pubsub_core::NodeConfig::new().publish_model(pubsub_core::PublishModel::Open);
    let session = owner.session().unwrap();
    session.configure(&anns, &config).await.unwrap();
    let retried = object(&["retry", "--all", "--json"], &file).await;
    assert_eq!(
        (&retried["retried"], &retried["still_parked"]),
        (&1.into(), &0.into())
    );
    // The program hears of it by itself.
    assert!(pubsub.flush(PATIENCE).await);
    let items = owner.items_of(&anns).await.unwrap();
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!(run(&["depth"], &file).await.last().unwrap(), "parked 0");
    pubsub.shutdown().await.unwrap();
    owner.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_not_there_is_not_made_and_mistakes_end_the_program() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.db");
    for arguments in [&["depth"][..], &["list"], &["retry", "--all"]] {
        let (lines, status) = Dialogue::start(outbox(arguments, &missing)).end().await;
        assert!(!status.success() && lines.is_empty(), "{lines:?}");
    }
    assert!(!missing.exists());

    let file = directory.path().join("pubsub.db");
    let url = pubsub_core::store::StoreUrl::from_str(&store(&file)).unwrap();
    pubsub_core::store::open(&url).await.unwrap().close().await;
    for arguments in [
        &["drop"][..],
        &["drop", "7"],
        &["drop", "1", "--all"],
        &["retry", "x"],
        &["list", "--limit", "0"],
        &["--store", "mysql://localhost"],
        &["--store", "off"],
    ] {
        let (_, status) = Dialogue::start(outbox(arguments, &file)).end().await;
        assert!(!status.success(), "{arguments:?}");
    }
}

/// All files of a directory, and what is in them.
fn contents(directory: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut all: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn to_look_for_a_store_changes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let (empty, letter) = (
        directory.path().join("empty.db"),
        directory.path().join("letter.txt"),
    );
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&letter, "Dear store, ".repeat(1000)).unwrap();
    let theirs = directory.path().join("theirs.db");
    let create = format!("sqlite:{}?mode=rwc", theirs.display());
    let mut connection = SqliteConnection::connect(&create).await.unwrap();
    sqlx::raw_sql("CREATE TABLE shelf (book TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = contents(directory.path());
    for (file, wanted) in [
        (&empty, "no store in it"),
        (&theirs, "no store in it"),
        (&letter, "not an SQLite database"),
    ] {
        for arguments in [
            &["depth"][..],
            &["list"],
            &["retry", "--all"],
            &["drop", "1"],
        ] {
            let output = tokio::process::Command::from(outbox(arguments, file)).output();
            let output = within(PATIENCE, output).await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                !output.status.success() && said.contains(wanted),
                "{arguments:?}: {said}"
            );
        }
    }
    assert!(
        contents(directory.path()) == before,
        "something was made or changed"
    );
}

#[tokio::test]
async fn a_variable_that_is_empty_means_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pubsub.db");
    let url = pubsub_core::store::StoreUrl::from_str(&store(&file)).unwrap();
    pubsub_core::store::open(&url).await.unwrap().close().await;
    let mut command = outbox(&["depth"], &file);
    command
        .env("PUBSUB_STORE", "")
        .current_dir(directory.path());
    let (lines, status) = Dialogue::start(command).end().await;
    assert!(status.success() && lines[0] == "waiting 0", "{lines:?}");
}

#[tokio::test]
async fn who_only_looks_can_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let url =
        pubsub_core::store::StoreUrl::from_str(&store(&directory.path().join("a.db"))).unwrap();
    let written = pubsub_core::store::open(&url).await.unwrap();
    let seen = pubsub_core::store::look(&url).await.unwrap();
    assert_eq!(seen.depth().await.unwrap().waiting, 0);
    assert_eq!(seen.log(), written.log());
    let error = seen.discard(&[1]).await.unwrap_err();
    assert_eq!(error.kind(), pubsub_core::store::StoreErrorKind::ReadOnly);
    seen.close().await;
    written.close().await;
}

#[derive(Debug, pubsub_core::Publish)]
#[publish(node = "/restored/Row", access = "open")]
struct Row {
    #[publish(id)]
    id: u64,
}

#[tokio::test]
async fn what_is_saved_after_a_backup_was_brought_back_is_heard() {
    use pubsub_core::Publish as _;
    let directory = tempfile::tempdir().unwrap();
    let (file, backup) = (
        directory.path().join("a.db"),
        directory.path().join("backup.db"),
    );
    let peer = OurServer::start().await;
    let reader = PubSub::builder()
        .url(&peer.url("ann"))
        .unwrap()
        .without_models();
    let reader = reader.connect().await.unwrap();
    let mut events = reader.subscribe::<Row>().await.unwrap();
    let save = |ids: std::ops::Range<u64>| {
        let (peer, file) = (&peer, &file);
        async move {
            let pubsub = program(peer, "ann", file).await;
            for id in ids {
                Row { id }.save_with(&pubsub).await.unwrap();
            }
            assert!(pubsub.flush(PATIENCE).await);
            pubsub.shutdown().await.unwrap();
        }
    };
    save(0..10).await;
    std::fs::copy(&file, &backup).unwrap();
    save(10..30).await;
    std::fs::rename(&backup, &file).unwrap();
    let renewed = object(&["new-log", "--json"], &file).await;
    let url = pubsub_core::store::StoreUrl::from_str(&store(&file)).unwrap();
    let seen = pubsub_core::store::look(&url).await.unwrap();
    assert_eq!(renewed["log"].as_str(), Some(&**seen.log()));
    seen.close().await;
    save(100..110).await;
    for id in (0..30).chain(100..110) {
        let event = within(PATIENCE, events.next()).await.unwrap().unwrap();
        assert_eq!(event.item().map(|row| row.id), Some(id));
    }
    reader.shutdown().await.unwrap();
}
