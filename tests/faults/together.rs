//! Several programs on one file, and a clock that jumps under one of them.

use std::ops::Range;
use std::time::Duration;

use super::rows::{Hearing, Running, run, saver};
use sqlx::{Connection as _, SqliteConnection};
use support::{OurServer, eventually};

/// So many rows a program saves before something is done to it.
const ROWS: usize = 50;
/// So many changes are delivered while the clock is another one.
const ENOUGH: i64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_file_both_save_and_are_both_heard() {
    let peer = OurServer::start().await;
    let mut hearing = Hearing::start(&peer).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/shared.db", directory.path().display());
    let url = peer.url("ann");
    // The first delivers for both, since it was there first. When it is killed the second does, without being started anew.
    let mut one = Running::start(saver(&[], &[&url, &store, "0"]));
    one.saves(ROWS).await;
    let mut two = Running::start(saver(&[], &[&url, &store, "100000"]));
    let by_then = two.saves(ROWS).await;
    hearing.all(by_then).await;
    let one = one.kill().await;
    let by_then = two.saves(ROWS).await;
    hearing.all(by_then).await;
    let two = two.kill().await;
    let drained = run(saver(&[], &[&url, &store, "drain"])).await;
    assert!(drained.status.success(), "{drained:?}");
    hearing.all(&one | &two).await;
}

/// How many changes were delivered of those that were saved so many days from now, by the clock of the saver.
async fn delivered(store: &str, days: &Range<i64>) -> Option<i64> {
    let mut connection = SqliteConnection::connect(store).await.ok()?;
    let query = "SELECT COUNT(*) FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id \
         WHERE e.sequence <= n.delivered \
         AND e.created_at / 1000 - unixepoch() BETWEEN ? * 86400 AND ? * 86400";
    let query = sqlx::query_scalar::<_, i64>(query);
    let count = query.bind(days.start).bind(days.end);
    let count = count.fetch_one(&mut connection).await;
    connection.close().await.ok()?;
    count.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_by_days_changes_nothing() {
    let peer = OurServer::start().await;
    let mut hearing = Hearing::start(&peer).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = format!("sqlite:{}/clock.db", directory.path().display());
    let clock = directory.path().join("clock");
    let set = |offset: &str| {
        let next = clock.with_extension("next");
        std::fs::write(&next, offset).expect("a writable directory");
        std::fs::rename(&next, &clock).expect("a writable directory");
    };
    set("+0d");
    let libraries = "/usr/lib/*/faketime/libfaketimeMT.so.1";
    let script = format!("export LD_PRELOAD=$(ls {libraries}) && exec \"$@\"");
    let url = peer.url("ann");
    let mut command = saver(&["sh", "-c", &script, "sh"], &[&url, &store, "0"]);
    command
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let child = Running::start(command);
    // Only where the clock is really another one does the test prove anything: rows are saved and delivered under each.
    for (offset, days) in [("+3d", 2..4), ("-5d", -6..-4), ("+0d", -1..1)] {
        set(offset);
        let earlier = delivered(&store, &days).await.unwrap_or(0);
        let later = || async {
            let now = delivered(&store, &days).await;
            now.filter(|now| *now >= earlier + ENOUGH)
        };
        eventually(Duration::from_secs(30), later).await;
    }
    let said = child.kill().await;
    let drained = run(saver(&[], &[&url, &store, "drain"])).await;
    assert!(drained.status.success(), "{drained:?}");
    hearing.all(said).await;
}
