//! The other way to publish: over XMPP, as a program that saves does, on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pubsub_core::{NodeName, PubSub};
use tokio::sync::watch;

use super::contestant::{ACCOUNT, Contestant};
use super::message::Mark;

/// A publisher with a session at the service; it ends when this is dropped.
pub(crate) struct Road {
    allowed: watch::Sender<u64>,
    answered: Arc<AtomicU64>,
}

impl Road {
    /// Logs in.
    pub(crate) fn open(to: &Contestant, channel: &str, start: Instant) -> Self {
        let address = to.xmpp.expect("one that speaks XMPP");
        let url = format!("xmpp://{ACCOUNT}@localhost?connect={address}");
        let node = NodeName::new(channel).expect("the name of a node");
        let (allowed, watched) = watch::channel(0);
        let answered = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&answered);
        // Ends with the sender above.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(publish(&url, &node, watched, &counted, start));
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

async fn publish(
    url: &str,
    node: &NodeName,
    mut allowed: watch::Receiver<u64>,
    answered: &AtomicU64,
    start: Instant,
) {
    let builder = PubSub::builder().url(url).expect("a URL").without_models();
    let pubsub = builder.connect().await.expect("a login");
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
