//! A disk that takes no more: the program's files may not grow beyond what they are, as on a full disk, until they may again.

use std::process::Command;
use std::time::Duration;

use support::{RawClient, within};

use crate::program::{Served, command};
use crate::{PATIENCE, ask, assert_done, create, items, publish, subscribe};

/// A disk that is back is tried again after a while.
const HEALING: Duration = Duration::from_secs(30);

/// Lets the files of a process grow up to so many bytes.
fn limit(process: u32, bytes: &str) {
    let status = Command::new("prlimit")
        .args([
            format!("--pid={process}"),
            format!("--fsize={bytes}:unlimited"),
        ])
        .status()
        .expect("prlimit of util-linux");
    assert!(status.success(), "prlimit: {status}");
}

async fn accepted(client: &mut RawClient, id: &str) -> bool {
    let answer = ask(client, "set", &publish("/n", id, &"x".repeat(2000))).await;
    let is_refused =
        answer.contains("<internal-server-error") && answer.contains("nothing was changed");
    assert!(is_refused || answer.contains("type='result'"), "{answer}");
    !is_refused
}

#[tokio::test]
async fn a_full_disk_refuses_and_serves_on_and_heals() {
    let directory = tempfile::tempdir().unwrap();
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let mut served = Served::start(&data, &log).await;
    let mut ann = served.login().await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    assert_done(&ask(&mut ann, "set", &create("/now", &[("persist_items", "0")])).await);
    assert_done(&ask(&mut ann, "set", &subscribe("/now", "ann")).await);
    let mut kept = Vec::new();
    for round in 0..3 {
        limit(served.process.id(), "4096");
        let mut number = 0;
        // What still fits is kept; then comes a refusal, and from there on nothing else.
        while accepted(&mut ann, &format!("{round}-{number}")).await {
            kept.push(format!("{round}-{number}"));
            number += 1;
            assert!(number < 20, "the limit holds");
        }
        for late in 0..3 {
            assert!(!accepted(&mut ann, &format!("{round}-late-{late}")).await);
        }
        // What needs no disk goes on.
        assert_eq!(items(&mut ann, "/n").await, kept);
        assert_done(&ask(&mut ann, "set", &publish("/now", "x", "now")).await);
        let message = within(PATIENCE, ann.message()).await.unwrap();
        assert!(message.contains("now"), "{message}");
        limit(served.process.id(), "unlimited");
        let id = format!("{round}-back");
        within(HEALING, async {
            while !accepted(&mut ann, &id).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        kept.push(id);
        assert_eq!(items(&mut ann, "/n").await, kept);
    }
    assert_eq!(served.process.ended(), None);
    served.process.kill();
    let served = Served::start(&data, &log).await;
    let mut ann = served.login().await;
    assert_eq!(items(&mut ann, "/n").await, kept);
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let served = Served::start(&data, &log).await;
    let second = command(&data).output().expect("it starts");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(said.contains("is used by another server"), "{said}");
    drop(served);
    std::fs::write(data.join("pubsub.data"), "pubsub data, format 7\n").unwrap();
    let later = command(&data).output().expect("it starts");
    let said = String::from_utf8_lossy(&later.stderr).into_owned();
    assert!(!later.status.success());
    assert!(
        said.contains("is in format 7, and this version knows 1"),
        "{said}"
    );
}
