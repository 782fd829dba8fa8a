//! Several programs on one file, and a clock that jumps under one of them.

use std::collections::HashSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::rows::{Hearing, run, saved, saver};
use sqlx::{Connection as _, SqliteConnection};
use support::{OurServer, eventually};

/// So long each program saves before it is killed.
const LIFE: Duration = Duration::from_secs(2);
/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

fn start(mut command: std::process::Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the saver starts")
}

async fn kill(mut child: Child) -> HashSet<u64> {
    child.kill().expect("the saver can be killed");
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    saved(&output.await.expect("no panic").expect("its output"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_file_both_save_and_are_both_heard() {
    let peer = OurServer::start().await;
    let hearing = Hearing::start(&peer).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/shared.db", directory.path().display());
    let url = peer.url("ann");
    let one = start(saver(&[], &[&url, &store, "0"]));
    let two = start(saver(&[], &[&url, &store, "100000"]));
    tokio::time::sleep(LIFE).await;
    let (one, two) = tokio::join!(kill(one), kill(two));
    assert!(one.len() > 50, "the first saved {} rows", one.len());
    assert!(two.len() > 50, "the second saved {} rows", two.len());
    let drained = run(saver(&[], &[&url, &store, "drain"])).await;
    assert!(drained.status.success(), "{drained:?}");
    hearing.all(&one | &two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_by_days_changes_nothing() {
    let peer = OurServer::start().await;
    let hearing = Hearing::start(&peer).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/clock.db", directory.path().display());
    let clock = directory.path().join("clock");
    let set = |offset: &str| std::fs::write(&clock, offset).expect("a writable directory");
    set("+0d");
    let libraries = "/usr/lib/*/faketime/libfaketimeMT.so.1";
    let script = format!("export LD_PRELOAD=$(ls {libraries}) && exec \"$@\"");
    let url = peer.url("ann");
    let mut command = saver(&["sh", "-c", &script, "sh"], &[&url, &store, "0"]);
    command
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let child = start(command);
    // Only where the clock is really another one does the test prove anything.
    let created = |older: bool| {
        let store = store.clone();
        async move {
            let mut connection = SqliteConnection::connect(&store).await.ok()?;
            let order = if older { "MIN" } else { "MAX" };
            let query = format!(
                "SELECT {order}(created_at) - CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM pubsub_entry"
            );
            let query = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(query));
            query.fetch_one(&mut connection).await.ok()
        }
    };
    set("+3d");
    let is_ahead = || async { created(false).await.filter(|ahead| *ahead > 2 * DAY) };
    eventually(Duration::from_secs(30), is_ahead).await;
    set("-5d");
    let is_behind = || async { created(true).await.filter(|behind| *behind < -4 * DAY) };
    eventually(Duration::from_secs(30), is_behind).await;
    let said = kill(child).await;
    assert!(said.len() > 20, "{} rows were saved", said.len());
    let drained = run(saver(&[], &[&url, &store, "drain"])).await;
    assert!(drained.status.success(), "{drained:?}");
    hearing.all(said).await;
}
