//! Tells subscribers: writes a notification once and queues it for everybody who is to hear it. Who that is was decided by others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::router::{Router, Wakes};
use crate::service::node::Subscriptions;
use crate::service::vocabulary::{Audience, Notification};
use crate::wire;
use crate::wire::notification;

/// Speaks for the service.
#[derive(Debug)]
pub(crate) struct Announcer {
    pub(crate) address: Arc<str>,
    router: Arc<Router>,
    announced: AtomicU64,
}

impl Announcer {
    pub(crate) fn new(address: Arc<str>, router: Arc<Router>) -> Self {
        Self {
            address,
            router,
            announced: AtomicU64::new(0),
        }
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
        let mut escaped = String::new();
        for jid in audience {
            escaped.clear();
            wire::escaped(&mut escaped, jid);
            directory.deliver(wakes, jid, &[notification::HEAD, &escaped, &tail]);
        }
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
