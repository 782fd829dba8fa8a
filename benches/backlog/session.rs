//! What the session does by itself: the same changes, ready made, with as many under way as it allows.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pubsub_core::session::{Session, SessionConfig};
use pubsub_core::{Action, Change, Publish as _, Stamp};
use support::Peer;

use super::Tweet;

const TURN: Duration = Duration::from_secs(4);
/// More than the session's window, so that it is always full.
const AT_ONCE: usize = 1024;

/// Acknowledged publishes a second.
pub(crate) async fn rate(server: &Peer) -> f64 {
    let config: SessionConfig = server.url("ann").parse().expect("a URL");
    let session = Session::connect(config).await.expect("a login");
    let mut under_way = FuturesUnordered::new();
    let (mut next, mut answered) = (0, 0_u32);
    let start = Instant::now();
    while start.elapsed() < TURN {
        while under_way.len() < AT_ONCE {
            under_way.push(session.publish_to(change(next), Tweet::DESCRIPTOR.config));
            next += 1;
        }
        under_way
            .next()
            .await
            .expect("one under way")
            .expect("a publish");
        answered += 1;
    }
    let rate = f64::from(answered) / start.elapsed().as_secs_f64();
    session.shutdown(Duration::from_secs(5)).await;
    rate
}

fn change(number: u64) -> Change {
    let tweet = Tweet::number(number);
    let item = tweet.item_id().expect("a number").expect("an id");
    let stamp = Stamp {
        sequence: Some(number),
        log: Some("0123456789abcdef".into()),
        origin: Some("0123456789abcdef".into()),
        ..Stamp::default()
    };
    let changes = tweet
        .changes(Some(Action::Create), &item, &stamp)
        .expect("plain text");
    changes.into_iter().next().expect("the model's node")
}
