//! Kill the process at any moment: what `save()` returned for is heard, in order, by a subscriber that shares none of
//! the library's code; and what was rolled back is not.
//!
//! Killed with SIGKILL at random moments a hundred times, on one store, while the XMPP server is killed and started again
//! at random as well.

#[path = "crash/lives.rs"]
mod lives;
#[path = "crash/watcher.rs"]
mod watcher;

use std::collections::HashSet;
use std::time::Duration;

use lives::{End, Saved, drain, live};
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
/// So many rows in all its lives, or nothing is proven.
const ENOUGH: usize = 500;

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
    let store = format!("sqlite:{}", directory.path().join("crash.db").display());
    let url = peer.url("ann");
    let lanes = (0..4).map(|lane| format!("lane-{lane}"));
    let nodes = lanes.chain(["/crash/Row".to_owned()]).collect();
    let watcher = Watcher::start(&peer, nodes);

    let mut saved = Vec::new();
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
            saved.extend(said);
            peer.restart().await;
        } else {
            saved.extend(live(&url, &store, first, end).await);
        }
    }
    drain(&url, &store).await;
    let books = watcher.finish().await;
    let repeats: usize = books.values().map(|book| book.repeats).sum();
    println!(
        "{} kills of the saver, {server_kills} of the server, {} rows acknowledged, {repeats} repeats heard",
        KILLS,
        saved.len()
    );
    check(&saved, &books);
}

fn check(saved: &[Saved], books: &Books) {
    assert!(saved.len() > ENOUGH, "only {} rows were saved", saved.len());
    for (node, book) in books {
        assert_eq!(book.complaints, Vec::<String>::new(), "{node}");
        let taken_back = book.heard.iter().find(|heard| heard.text == "taken back");
        assert_eq!(taken_back, None, "{node} heard what was rolled back");
    }
    let heard: HashSet<(&str, &str)> = books
        .iter()
        .flat_map(|(node, book)| book.heard.iter().map(|heard| (&**node, &*heard.item)))
        .collect();
    for row in saved {
        for node in [format!("lane-{}", row.lane), "/crash/Row".to_owned()] {
            let item = row.number.to_string();
            let is_heard = heard.contains(&(&*node, &*item));
            // Saved and deleted while the subscriber was away: there is nothing left to hear of.
            let is_gone = row.is_deleted_later() && books[&node].was_away();
            assert!(is_heard || is_gone, "{node} did not hear of {row:?}");
        }
    }
    for lane in 0..4 {
        let heard = &books[&format!("lane-{lane}")].heard;
        let saves = heard.iter().filter(|heard| heard.action != "delete");
        let mut saves: Vec<(u64, u64)> = saves
            .filter_map(|heard| Some((heard.sequence, heard.item.parse().ok()?)))
            .collect();
        saves.sort_unstable();
        let numbers = saves.iter().map(|(_, number)| number);
        assert!(numbers.is_sorted(), "lane {lane} has another order");
    }
}
