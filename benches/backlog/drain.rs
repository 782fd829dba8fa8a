//! Filling the store while the server is away, and draining it.

use std::path::Path;
use std::time::{Duration, Instant};

use bench_support::Table;
use pubsub_core::PubSub;
use support::Peer;
use tokio::time::{interval, timeout};

use super::Tweet;
use super::memory::resident;

/// Nobody listens there.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";
/// How many are saved at once.
const CHUNK: u64 = 500;
/// How often memory is looked at.
const SAMPLES: u64 = 8;

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

/// Saves that many rows, and notes the memory on the way.
pub(crate) async fn fill(file: &Path, entries: u64, memory: &mut Table) {
    let pubsub = open(file, AWAY).await;
    let sample = entries.div_ceil(SAMPLES);
    for first in (0..entries).step_by(usize::try_from(CHUNK).expect("a small number")) {
        if first % sample < CHUNK {
            memory.row([first.to_string(), format!("{:.0}", resident())]);
        }
        let tweets: Vec<Tweet> = (first..entries.min(first + CHUNK))
            .map(Tweet::number)
            .collect();
        pubsub.save_all(&tweets).await.expect("saves");
    }
    memory.row([entries.to_string(), format!("{:.0}", resident())]);
    pubsub.shutdown().await.expect("a shutdown");
}

/// Entries delivered a second, and the most memory meanwhile.
pub(crate) async fn drain(file: &Path, server: &Peer) -> (f64, f64) {
    let start = Instant::now();
    let pubsub = open(file, &server.url("ann")).await;
    let depth = pubsub
        .store()
        .expect("a store")
        .depth()
        .await
        .expect("a depth")
        .waiting;
    let mut most = resident();
    let mut samples = interval(Duration::from_millis(100));
    let flushed = pubsub.flush(Duration::from_mins(5));
    let mut flushed = std::pin::pin!(flushed);
    loop {
        tokio::select! {
            done = &mut flushed => {
                assert!(done, "the backlog is delivered");
                break;
            }
            _ = samples.tick() => most = most.max(resident()),
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
    let rate = depth as f64 / start.elapsed().as_secs_f64();
    drop(timeout(Duration::from_secs(10), pubsub.shutdown()).await);
    (rate, most)
}
