//! Filling the store while the server is away, and delivering what waits in it.

use std::path::Path;
use std::time::{Duration, Instant};

use bench_support::Table;
use pubsub_core::PubSub;
use support::Peer;
use tokio::time::interval;

use super::Tweet;
use super::listener::Listener;
use super::memory::resident;

/// Nobody listens there.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";
/// How many are saved at once.
const CHUNK: u64 = 500;
/// How often memory is looked at.
const SAMPLES: u64 = 8;
/// How long delivering may take.
const LIMIT: Duration = Duration::from_mins(8);

/// What came of delivering.
pub(crate) struct Drained {
    /// Entries a second.
    pub(crate) rate: f64,
    /// The most memory meanwhile.
    pub(crate) memory: f64,
    /// How many entries still wait.
    pub(crate) left: u64,
    /// How many were heard, in order.
    pub(crate) heard: u64,
}

async fn open(file: &Path, url: &str) -> PubSub {
    PubSub::builder()
        .url(url)
        .expect("a URL")
        .store(&format!("sqlite:{}", file.display()))
        .expect("a store")
        .drain(Duration::ZERO)
        .connect()
        .await
        .expect("a store that opens")
}

/// Saves that many rows; the memory on the way.
pub(crate) async fn fill(file: &Path, entries: u64) -> Table {
    let mut memory = Table::new(["entries waiting", "resident MiB", "saves/s"]);
    let pubsub = open(file, AWAY).await;
    let mut saved = 0;
    for sample in 1..=SAMPLES {
        let (start, before) = (Instant::now(), saved);
        let until = entries * sample / SAMPLES;
        while saved < until {
            let next = until.min(saved + CHUNK);
            let tweets: Vec<Tweet> = (saved..next).map(Tweet::number).collect();
            pubsub.save_all(&tweets).await.expect("saves");
            saved = next;
        }
        memory.row([
            saved.to_string(),
            format!("{:.0}", resident()),
            format!("{:.0}", per_second(saved - before, start.elapsed())),
        ]);
    }
    pubsub.shutdown().await.expect("a shutdown");
    memory
}

/// Delivers everything, counted from the moment at which the store is opened to that at which it knows that everything is delivered, and
/// the last has been heard.
pub(crate) async fn drain(file: &Path, server: &Peer, listener: Listener) -> Drained {
    let start = Instant::now();
    let pubsub = open(file, &server.url("ann")).await;
    let store = pubsub.store().expect("a store").clone();
    let waiting = async || store.depth().await.expect("a depth").waiting;
    let before = waiting().await;
    let mut memory = resident();
    let mut samples = interval(Duration::from_millis(100));
    let mut flushed = std::pin::pin!(pubsub.flush(LIMIT));
    loop {
        tokio::select! {
            _ = &mut flushed => break,
            _ = samples.tick() => memory = memory.max(resident()),
        }
    }
    let left = waiting().await;
    let heard = listener.finish(before - left).await;
    let rate = per_second(heard, start.elapsed());
    pubsub.shutdown().await.expect("a shutdown");
    Drained {
        rate,
        memory,
        left,
        heard,
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_second(entries: u64, took: Duration) -> f64 {
    entries as f64 / took.as_secs_f64()
}
