//! The library: `save_with()` from as many tasks as the window is wide.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pubsub_core::session::SessionConfig;
use pubsub_core::{PubSub, Publish as _};
use support::Peer;

use super::Tweet;

/// Acknowledged saves a second.
pub(crate) async fn save(peer: &Peer, window: usize, turn: Duration) -> f64 {
    let config: SessionConfig = peer.url("ann").parse().expect("a URL");
    let connected = PubSub::builder()
        .session(config.window(window))
        .connect()
        .await;
    let pubsub = connected.expect("a login");
    let mut saves = FuturesUnordered::new();
    let (mut next, mut answered) = (0, 0_u32);
    let start = Instant::now();
    while start.elapsed() < turn {
        while saves.len() < window {
            let (tweet, pubsub) = (Tweet::number(next), &pubsub);
            next += 1;
            saves.push(async move { tweet.save_with(pubsub).await });
        }
        saves
            .next()
            .await
            .expect("a save under way")
            .expect("a publish");
        answered += 1;
    }
    let rate = f64::from(answered) / start.elapsed().as_secs_f64();
    while saves.next().await.is_some() {}
    pubsub.shutdown().await.expect("a shutdown");
    rate
}
