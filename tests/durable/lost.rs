//! Files that are gone, or empty, are missed: nothing is answered as if there had never been anything.

use std::fs;
use std::path::Path;
use std::process::Command;

use support::program;

use crate::program::{Served, command};
use crate::{ask, assert_done, create, items, publish};

/// What the server says that does not start.
fn complaint(data: &Path) -> String {
    let output = command(data).output().expect("it starts");
    assert!(!output.status.success(), "it serves");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Leaves the lines of the marker that do not begin so.
fn without(data: &Path, beginning: &str) {
    let marker = data.join("pubsub.data");
    let text = fs::read_to_string(&marker).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(beginning));
    let left: String = lines.map(|line| format!("{line}\n")).collect();
    fs::write(marker, left).unwrap();
}

#[tokio::test]
async fn what_is_lost_is_missed_until_one_says_that_it_may_be() {
    let directory = tempfile::tempdir().unwrap();
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let mut served = Served::start(&data, &log).await;
    let mut ann = served.login().await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    assert_done(&ask(&mut ann, "set", &publish("/n", "a", "x")).await);
    served.process.kill();
    let journal = data.join("nodes/0.jnl");
    let people = data.join("people.sqlite");
    for (file, is_of_people) in [
        (journal, false),
        (data.join("nodes/keyspaces/1/current"), false),
        (data.join("nodes"), false),
        (people, true),
    ] {
        let aside = directory.path().join("aside");
        for is_emptied in [false, true] {
            if is_emptied && file.extension().is_none() {
                continue;
            }
            fs::rename(&file, &aside).unwrap();
            let beside = ["people.sqlite-wal", "people.sqlite-shm"].map(|name| data.join(name));
            if is_of_people {
                for file in beside {
                    let _ = fs::remove_file(file);
                }
            }
            if is_emptied {
                fs::write(&file, "").unwrap();
            }
            let copy = directory.path().join("copy");
            let copied = Command::new("cp").arg("-r").arg(&data).arg(&copy).status();
            assert!(copied.unwrap().success());
            let said = complaint(&data);
            let (what, line) = if is_of_people {
                (
                    "people.sqlite is gone or empty",
                    "remove the line \"people\"",
                )
            } else {
                ("nodes", "")
            };
            assert!(
                said.contains(what) && said.contains(line),
                "{file:?}: {said}"
            );
            if is_of_people {
                let output = Command::new(program("pubsub").get_program())
                    .args(["user", "add", "bob", "--data"])
                    .arg(&data)
                    .output()
                    .unwrap();
                assert!(!output.status.success());
            }
            // What was done in vain has changed nothing.
            fs::remove_dir_all(&data).unwrap();
            fs::rename(&copy, &data).unwrap();
            if file.exists() {
                fs::remove_file(&file).unwrap();
            }
            fs::rename(&aside, &file).unwrap();
        }
    }
    let served = Served::start(&data, &log).await;
    let mut ann = served.login().await;
    assert_eq!(items(&mut ann, "/n").await, ["a"]);
    drop((ann, served));
    fs::remove_dir_all(data.join("nodes")).unwrap();
    fs::remove_file(data.join("people.sqlite")).unwrap();
    assert!(complaint(&data).contains("people.sqlite is gone"));
    without(&data, "people");
    let said = complaint(&data);
    assert!(said.contains("has lost what was in it"), "{said}");
    without(&data, "nodes");
    let served = Served::start(&data, &log).await;
    let mut ann = served.login().await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
}
