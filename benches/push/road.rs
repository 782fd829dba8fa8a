//! The other way to publish: over XMPP, as a program that saves does, on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pubsub_core::{NodeName, PubSub};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::contestant::Contestant;
use super::message::Mark;
use super::program::ACCOUNT;

/// A publisher with a session at the service; it ends when this is dropped.
pub(crate) struct Road {
    allowed: watch::Sender<u64>,
    answered: Arc<AtomicU64>,
}

impl Road {
    /// Makes the node, which nobody else may publish to then; to be called before the gateway would make it.
    pub(crate) fn prepare(to: &Contestant, channel: &str) {
        let (url, node) = (url(to), node(channel));
        runtime().block_on(async {
            let pubsub = login(&url).await;
            let first = pubsub.publish(&node, "first").await;
            let _ = first.expect("a publish");
            pubsub.shutdown().await.expect("a shutdown");
        });
    }

    /// Logs in.
    pub(crate) fn open(to: &Contestant, channel: &str, start: Instant) -> Self {
        let (url, node) = (url(to), node(channel));
        let (allowed, watched) = watch::channel(0);
        let answered = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&answered);
        // Ends with the sender above.
        std::thread::spawn(move || {
            runtime().block_on(publish(&url, &node, watched, &counted, start));
        });
        Self { allowed, answered }
    }

    /// Lets it publish so many in all.
    pub(crate) fn allow(&self, count: u64) {
        self.allowed.send_if_modified(|allowed| {
            let is_more = count > *allowed;
            *allowed = count.max(*allowed);
            is_more
        });
    }

    /// How many the service has accepted.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

fn url(to: &Contestant) -> String {
    let address = to.xmpp.expect("one that speaks XMPP");
    format!("xmpp://{ACCOUNT}@localhost?connect={address}")
}

fn node(channel: &str) -> NodeName {
    NodeName::new(channel).expect("the name of a node")
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

async fn login(url: &str) -> PubSub {
    let builder = PubSub::builder().url(url).expect("a URL").without_models();
    builder.connect().await.expect("a login")
}

async fn publish(
    url: &str,
    node: &NodeName,
    mut allowed: watch::Receiver<u64>,
    answered: &AtomicU64,
    start: Instant,
) {
    let pubsub = login(url).await;
    let mut number = 0;
    let mut under_way = FuturesUnordered::new();
    loop {
        while u64::from(number) < *allowed.borrow_and_update() {
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let mark = Mark {
                publisher: 0,
                number,
                micros,
            };
            let (pubsub, text) = (&pubsub, mark.text());
            under_way.push(async move { pubsub.publish(node, &*text).await });
            number += 1;
        }
        tokio::select! {
            Some(accepted) = under_way.next() => {
                let _ = accepted.expect("a publish");
                answered.fetch_add(1, Ordering::Relaxed);
            }
            changed = allowed.changed() => if changed.is_err() {
                break;
            },
        }
    }
    pubsub.shutdown().await.expect("a shutdown");
}
