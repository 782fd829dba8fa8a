//! Who hears the backlog: a subscriber on a session of its own that looks at the numbers alone.

use std::time::Duration;

use futures_util::StreamExt as _;
use pubsub_core::session::{
    Filter, RawEventKind, Session, SessionConfig, SessionEvent, Subscriber,
};
use pubsub_core::{NodeConfig, NodeName, Publish as _};
use support::Peer;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Tweet;

/// Counts changes that come in order.
pub(crate) struct Listener {
    in_order: watch::Receiver<u64>,
}

impl Listener {
    pub(crate) async fn start(server: &Peer) -> Self {
        let config: SessionConfig = server.url("bob").parse().expect("a URL");
        let session = Session::connect(config).await.expect("a login");
        let node = NodeName::new(Tweet::NODE).expect("a name");
        session
            .ensure(&node, &NodeConfig::new())
            .await
            .expect("a node");
        let mut events = session.listen(Filter::Nodes(vec![node.clone()]), 100_000);
        session
            .subscribe(&node, Subscriber::Session)
            .await
            .expect("a subscription");
        let (count, in_order) = watch::channel(0);
        tokio::spawn(async move {
            let _session = session;
            while let Some(event) = events.next().await {
                if let SessionEvent::Node(event) = event
                    && let RawEventKind::Published {
                        payload: Some(payload),
                        ..
                    } = event.kind
                    && sequence(&payload) == Some(*count.borrow() + 1)
                {
                    count.send_modify(|count| *count += 1);
                }
            }
        });
        Self { in_order }
    }

    /// How many came, each right after the one before.
    pub(crate) async fn finish(mut self, expected: u64) -> u64 {
        let all = self.in_order.wait_for(|count| *count >= expected);
        drop(timeout(Duration::from_secs(10), all).await);
        *self.in_order.borrow()
    }
}

fn sequence(payload: &str) -> Option<u64> {
    let (_, rest) = payload.rsplit_once(" seq=\"")?;
    rest.split_once('"')?.0.parse().ok()
}
