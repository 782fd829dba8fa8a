//! Kill the process at any moment: what `save()` and `delete()` returned for is heard, in order, by a subscriber that shares none of
//! the library's code; and what was rolled back is not. What was acknowledged has to be in the store's own log, and all of the log to be heard.
//!
//! Killed with SIGKILL at random moments a hundred times, on one store, while the XMPP server is killed and started again
//! at random as well.

#[path = "crash/lives.rs"]
mod lives;
#[path = "crash/log.rs"]
mod log;
#[path = "crash/watcher.rs"]
mod watcher;

use std::time::Duration;

use lives::{Done, End, drain, live};
use log::Log;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use support::{OurProgram, Peer, Prosody};
use watcher::{Books, Watcher};

/// How often the saver is killed.
const KILLS: u64 = 100;
/// One in so many lives, the server is killed in it too.
const SERVER_KILLS: u32 = 8;
/// The numbers of one life; none is used twice.
const NUMBERS: u64 = 10_000;
/// One in so many is killed before it has saved anything.
const EARLY_KILLS: u32 = 6;
/// The longest life, from its first save on: up to a few hundred rows.
const LIFE: Duration = Duration::from_millis(300);
/// So many changes of each kind in all its lives, or nothing is proven.
const ENOUGH: [(&str, usize); 3] = [("saved", 500), ("updated", 60), ("deleted", 60)];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_saved_is_lost_with_our_server() {
    nothing_that_was_saved_is_lost(OurProgram::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_saved_is_lost_with_prosody() {
    nothing_that_was_saved_is_lost(Prosody::start().await).await;
}

async fn nothing_that_was_saved_is_lost(mut peer: Peer) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("crash.db");
    let store = format!("sqlite:{}", file.display());
    let url = peer.url("ann");
    let lanes = (0..4).map(|lane| format!("lane-{lane}"));
    let nodes = lanes.chain(["/crash/Row".to_owned()]).collect();
    let watcher = Watcher::start(&peer, nodes);

    let mut log = Log::default();
    let mut done = Vec::new();
    let mut server_kills = 0;
    for kill in 0..KILLS {
        let life = LIFE.mul_f64(random.random_range(0.0..1.0));
        let end = if random.random_ratio(1, EARLY_KILLS) {
            End::Early(life)
        } else {
            End::AtWork(life)
        };
        let first = kill * NUMBERS;
        if random.random_ratio(1, SERVER_KILLS) {
            server_kills += 1;
            let moment = life.mul_f64(random.random_range(0.0..1.0));
            let (said, ()) = tokio::join!(live(&url, &store, first, end), async {
                tokio::time::sleep(moment).await;
                peer.kill();
            });
            done.extend(said);
            peer.restart().await;
        } else {
            done.extend(live(&url, &store, first, end).await);
        }
        log.read(&file).await;
    }
    drain(&url, &store).await;
    log.read(&file).await;
    let books = watcher.finish().await;
    let repeats: usize = books.values().map(|book| book.repeats).sum();
    println!(
        "{} kills of the saver, {server_kills} of the server, {} changes acknowledged, {} entries, {repeats} repeats heard",
        KILLS,
        done.len(),
        log.len()
    );
    check(&done, &log, &books);
}

fn check(done: &[Done], log: &Log, books: &Books) {
    for (what, enough) in ENOUGH {
        let count = done.iter().filter(|one| one.what == what).count();
        assert!(count > enough, "only {count} were {what}");
    }
    log.check(done);
    for (node, book) in books {
        assert_eq!(book.complaints, Vec::<String>::new(), "{node}");
        let unheard = log.check_heard(node, book);
        println!(
            "{node}: {} heard, {unheard} replaced while nobody listened",
            book.heard.len()
        );
    }
}
