//! Tells subscribers: writes a notification once and queues it for everybody who is to hear it. Who that is was decided by others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imbl::ordmap::Keys;
use imbl::shared_ptr::DefaultSharedPtr;

use crate::address;
use crate::router::{Parts, Router, Shared, Wakes};
use crate::service::node::{Affiliations, Subscriptions};
use crate::service::personal;
use crate::service::relations::Relations;
use crate::service::shows::Show;
use crate::service::terms::{Particular, Terms};
use crate::service::vocabulary::{Announcement, Audience, Notification, Write};
use crate::wire;
use crate::wire::notification;

/// Speaks for the service.
#[derive(Debug)]
pub(crate) struct Announcer {
    pub(crate) address: Arc<str>,
    router: Arc<Router>,
    relations: Arc<dyn Relations>,
    announced: AtomicU64,
    published: AtomicU64,
    delivered: AtomicU64,
}

impl Announcer {
    pub(crate) fn new(
        address: Arc<str>,
        router: Arc<Router>,
        relations: Arc<dyn Relations>,
    ) -> Self {
        Self {
            address,
            router,
            relations,
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
        subscribers: Option<Subscribers<'_>>,
        wakes: &mut Wakes,
    ) {
        let is_for_all = notification.audience == Audience::Subscribers;
        if is_for_all && !notification.config.deliver_notifications {
            return;
        }
        if let Some((owner, node)) = personal::split(&notification.node) {
            return self.announce_personal(owner, node, notification, subscribers, wakes);
        }
        self.tell(&self.address, notification, subscribers, wakes);
    }

    /// Tells of a node of an account: in the name of its owner, and those as well who said that they want to hear of it.
    fn announce_personal(
        &self,
        owner: &str,
        node: &str,
        notification: &Notification,
        subscribers: Option<Subscribers<'_>>,
        wakes: &mut Wakes,
    ) {
        self.tell(owner, notification, subscribers, wakes);
        if notification.audience != Audience::Subscribers {
            return;
        }
        let affiliations = subscribers.and_then(|all| all.affiliations);
        let none = Affiliations::new();
        let affiliations = affiliations.unwrap_or(&none);
        let mut listeners =
            self.relations
                .listeners(owner, node, &notification.config, affiliations);
        listeners.retain(|full| !subscribers.is_some_and(|all| all.has(full)));
        if !listeners.is_empty() {
            let news = Notification {
                audience: Audience::These(listeners),
                ..notification.clone()
            };
            self.tell(owner, &news, None, wakes);
        }
    }

    fn tell(
        &self,
        from: &str,
        notification: &Notification,
        subscribers: Option<Subscribers<'_>>,
        wakes: &mut Wakes,
    ) {
        let (audience, particular) = match (&notification.audience, subscribers) {
            (Audience::These(jids), _) => (Recipients::These(jids.iter()), None),
            (Audience::Subscribers, Some(all))
                if !all.plain.is_empty() || all.particular.is_some() =>
            {
                (Recipients::Subscribers(all.plain.keys()), all.particular)
            }
            (Audience::Subscribers, _) => return,
        };
        let id = self.announced.fetch_add(1, Ordering::Relaxed);
        let mut tail = String::with_capacity(512);
        notification::write_tail(&mut tail, from, id, notification);
        let readers = audience.len();
        let shared: Option<Arc<str>> = (readers > 1).then(|| tail.as_str().into());
        let directory = self.router.directory();
        let needs_presence = notification.config.presence_based_delivery;
        let deliver = |wakes: &mut Wakes, jid: &str, stanza: Parts<'_>| {
            if needs_presence {
                directory.deliver_to_present(wakes, jid, stanza);
            } else {
                directory.deliver_parts(wakes, jid, stanza);
            }
        };
        let before = wakes.deliveries();
        let mut escaped = String::new();
        for jid in audience {
            // Who has a further subscription hears of all in one message, below.
            if particular.is_some_and(|others| others.has(jid)) {
                continue;
            }
            escaped.clear();
            wire::escaped(&mut escaped, jid);
            let end = shared.as_ref().map(|text| Shared { text, readers });
            let rest = if end.is_some() { "" } else { &tail };
            let own = [notification::HEAD, &escaped, rest];
            deliver(wakes, jid, Parts { own: &own, end });
        }
        if let (Some(particular), Some(all)) = (particular, subscribers) {
            let beginning = tail.strip_suffix(notification::END).unwrap_or(&tail);
            let mut end = String::new();
            for jid in particular.jids() {
                escaped.clear();
                wire::escaped(&mut escaped, jid);
                if particular.minds_show(jid) {
                    // Each client by what it shows.
                    let is_full = jid.contains('/');
                    for peer in directory.available(address::bare(jid)) {
                        let is_meant = (!is_full || *peer.actor.full == **jid)
                            && (!needs_presence || peer.is_present());
                        end.clear();
                        let show = Some(peer.show());
                        if is_meant && all.write_end(jid, particular, show, notification, &mut end)
                        {
                            let parts = [notification::HEAD, &escaped, beginning, &end];
                            wakes.deliver(peer, &parts);
                        }
                    }
                    continue;
                }
                end.clear();
                if all.write_end(jid, particular, None, notification, &mut end) {
                    let own = [notification::HEAD, &escaped, beginning, &end];
                    deliver(wakes, jid, own[..].into());
                }
            }
        }
        let delivered = wakes.deliveries() - before;
        self.delivered
            .fetch_add(delivered as u64, Ordering::Relaxed);
    }
}

/// The subscribers of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscribers<'n> {
    pub(crate) plain: &'n Subscriptions,
    pub(crate) particular: Option<&'n Particular>,
    /// Of a node of an account: they say who else may hear of it.
    pub(crate) affiliations: Option<&'n Affiliations>,
}

impl Subscribers<'_> {
    /// Whether somebody is subscribed by that full JID or its account.
    fn has(&self, full: &Arc<str>) -> bool {
        let bare: Arc<str> = crate::address::bare(full).into();
        [full, &bare].into_iter().any(|jid| {
            self.plain.contains_key(jid) || self.particular.is_some_and(|others| others.has(jid))
        })
    }

    /// Writes the end of a message to a JID that is subscribed on terms of its own, or to a client of it that shows something. Returns whether it is to
    /// be sent one.
    fn write_end(
        &self,
        jid: &Arc<str>,
        particular: &Particular,
        show: Option<Show>,
        notification: &Notification,
        out: &mut String,
    ) -> bool {
        let plain = self.plain.get(jid);
        let mut ids: Vec<&str> = plain.into_iter().map(|id| &**id).collect();
        let mut includes_body = false;
        let hears = |terms: &Terms| terms.hears() && show.is_none_or(|show| terms.shows.has(show));
        for one in particular.of(jid).filter(|one| hears(one.terms)) {
            ids.push(one.id);
            includes_body |= one.terms.include_body;
        }
        if includes_body {
            notification::write_body(out, notification);
        }
        if ids.len() > 1 && is_about_items(notification) {
            notification::write_headers(out, ids.iter().copied());
        }
        out.push_str(notification::END);
        !ids.is_empty()
    }
}

/// Whether it could differ from one subscription to another (XEP-0060 §12.14).
fn is_about_items(notification: &Notification) -> bool {
    matches!(
        notification.announcement,
        Announcement::Published { .. } | Announcement::Retracted { .. }
    )
}

enum Recipients<'n> {
    These(std::slice::Iter<'n, Arc<str>>),
    Subscribers(Keys<'n, Arc<str>, Arc<str>, DefaultSharedPtr>),
}

impl Recipients<'_> {
    fn len(&self) -> usize {
        match self {
            Self::These(jids) => jids.len(),
            Self::Subscribers(jids) => jids.len(),
        }
    }
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
