//! Tells subscribers: writes a notification once and queues it for everybody who is to hear it. Who that is was decided by others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::router::{Router, Wakes};
use crate::service::node::Subscriptions;
use crate::service::vocabulary::{Audience, Notification, Write};
use crate::wire;
use crate::wire::notification;

/// Speaks for the service.
#[derive(Debug)]
pub(crate) struct Announcer {
    pub(crate) address: Arc<str>,
    router: Arc<Router>,
    announced: AtomicU64,
    published: AtomicU64,
    delivered: AtomicU64,
}

impl Announcer {
    pub(crate) fn new(address: Arc<str>, router: Arc<Router>) -> Self {
        Self {
            address,
            router,
            announced: AtomicU64::new(0),
            published: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
        }
    }

    /// How many items were published, and how many notifications were queued for somebody.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (count(&self.published), count(&self.delivered))
    }

    /// Counts the items among what was done.
    pub(crate) fn count_published(&self, writes: &[Write]) {
        let items = writes
            .iter()
            .filter(|write| matches!(write, Write::PutItem { .. }));
        self.published
            .fetch_add(items.count() as u64, Ordering::Relaxed);
    }

    /// Queues a notification for its audience; `subscribers` are those of the node after the change.
    pub(crate) fn announce(
        &self,
        notification: &Notification,
        subscribers: Option<&Subscriptions>,
        wakes: &mut Wakes,
    ) {
        let audience = match (&notification.audience, subscribers) {
            (Audience::These(jids), _) => Recipients::These(jids.iter()),
            (Audience::Subscribers, Some(subscribers)) if !subscribers.is_empty() => {
                Recipients::Subscribers(subscribers.keys())
            }
            (Audience::Subscribers, _) => return,
        };
        let id = self.announced.fetch_add(1, Ordering::Relaxed);
        let mut tail = String::with_capacity(512);
        notification::write_tail(&mut tail, &self.address, id, notification);
        let directory = self.router.directory();
        let before = wakes.deliveries();
        let mut escaped = String::new();
        for jid in audience {
            escaped.clear();
            wire::escaped(&mut escaped, jid);
            directory.deliver(wakes, jid, &[notification::HEAD, &escaped, &tail]);
        }
        let delivered = wakes.deliveries() - before;
        self.delivered
            .fetch_add(delivered as u64, Ordering::Relaxed);
    }
}

enum Recipients<'n> {
    These(std::slice::Iter<'n, Arc<str>>),
    Subscribers(std::collections::btree_map::Keys<'n, Arc<str>, Arc<str>>),
}

impl<'n> Iterator for Recipients<'n> {
    type Item = &'n Arc<str>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::These(jids) => jids.next(),
            Self::Subscribers(jids) => jids.next(),
        }
    }
}
