//! What the session does by itself: the same changes, ready made, with as many under way as it allows, and somebody who listens.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pubsub_core::session::{Session, SessionConfig};
use pubsub_core::{Action, Change, NodeName, Publish as _, Stamp};
use support::Peer;

use super::Tweet;
use super::listener::Listener;

const TURN: Duration = Duration::from_secs(4);
/// More than the session's window, so that it is always full; as many as the relay has under way for one node.
const AT_ONCE: usize = 1024;
/// How many publishes the listener may be behind.
const AHEAD: u64 = 5_000;

/// Publishes a second, to a node of its own each turn, from the first to the moment at which the last has been heard.
pub(crate) async fn rate(server: &Peer, turn: u32) -> f64 {
    let node = NodeName::new(format!("/bench/Own-{turn}")).expect("a name");
    let session = create(server, &node).await;
    let mut listener = Listener::start(server, &node).await;
    let mut under_way = FuturesUnordered::new();
    let (mut next, mut answered, mut heard) = (0, 0_u32, 0);
    let start = Instant::now();
    while start.elapsed() < TURN {
        while under_way.len() < AT_ONCE {
            next += 1;
            let change = change(&node, next);
            under_way.push(session.publish_to(change, Tweet::DESCRIPTOR.config));
        }
        let published = under_way.next().await.expect("one under way");
        published.expect("a publish");
        answered += 1;
        // The server cuts off who is too far behind.
        while u64::from(answered) > heard + AHEAD {
            heard = listener.news(heard).await.expect("somebody who listens");
        }
    }
    while let Some(published) = under_way.next().await {
        published.expect("a publish");
        answered += 1;
    }
    let heard = listener.finish(answered.into()).await;
    assert_eq!(
        heard,
        u64::from(answered),
        "all of them are heard, in order"
    );
    let rate = f64::from(answered) / start.elapsed().as_secs_f64();
    session.shutdown(Duration::from_secs(5)).await;
    rate
}

/// Makes the node that others are going to subscribe to; the session of whoever publishes there.
pub(crate) async fn create(server: &Peer, node: &NodeName) -> Session {
    let config: SessionConfig = server.url("ann").parse().expect("a URL");
    let session = Session::connect(config).await.expect("a login");
    let created = session.ensure(node, &Tweet::DESCRIPTOR.config).await;
    created.expect("a node");
    session
}

fn change(node: &NodeName, number: u64) -> Change {
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
    let change = changes.into_iter().next().expect("the model's node");
    Change {
        node: node.clone(),
        ..change
    }
}
