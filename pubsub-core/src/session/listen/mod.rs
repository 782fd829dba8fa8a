//! What the session hears, handed to whoever listens: events of nodes, and when it went on- and offline.
//!
//! Each listener has a bounded mailbox of its own. When it is full, what comes is dropped and the listener is told how
//! much, at the very place where it is missing; nobody else is slowed down.

mod event;
mod listener;
mod mailbox;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::event::{RawEvent, RawEventKind, SessionEvent};
pub use self::listener::{Filter, Listener};
use self::mailbox::Mailbox;
use super::stanza::Notice;
use crate::NodeName;

/// Who listens to what.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    registered: Mutex<Registered>,
}

#[derive(Debug, Default)]
struct Registered {
    by_node: HashMap<NodeName, Vec<Arc<Mailbox>>>,
    to_all: Vec<Arc<Mailbox>>,
    is_closed: bool,
}

impl Listeners {
    /// Registers a listener with room for `capacity` events.
    pub(crate) fn add(&self, filter: Filter, capacity: usize) -> Listener {
        let mailbox = Arc::new(Mailbox::new(capacity));
        let mut registered = self.lock();
        registered.forget_dropped();
        if registered.is_closed {
            mailbox.close();
        }
        match filter {
            Filter::All => registered.to_all.push(Arc::clone(&mailbox)),
            Filter::Nodes(nodes) => {
                for node in nodes {
                    registered
                        .by_node
                        .entry(node)
                        .or_default()
                        .push(Arc::clone(&mailbox));
                }
            }
        }
        Listener::new(mailbox)
    }

    /// Hands out what the service says about a node. Nothing is copied unless somebody listens.
    pub(in crate::session) fn notify(&self, service: &Arc<str>, notice: Notice<'_, '_>) {
        let registered = self.lock();
        let of_node = registered.by_node.get_key_value(notice.node);
        if of_node.is_none() && registered.to_all.is_empty() {
            return;
        }
        let node = of_node.map(|(node, _)| Ok(node.clone()));
        let Ok(node) = node.unwrap_or_else(|| NodeName::new(notice.node)) else {
            tracing::warn!("the service tells of a node whose name is none");
            return;
        };
        let Some(event) = RawEvent::from_notice(service, node, notice.kind) else {
            tracing::warn!("the service tells of an item whose id is none");
            return;
        };
        registered.hand_out(&event);
    }

    /// Hands out an event that did not come over the wire.
    pub(crate) fn hand_out(&self, event: &RawEvent) {
        self.lock().hand_out(event);
    }

    /// Tells every listener.
    pub(in crate::session) fn tell(&self, event: &SessionEvent) {
        self.lock().each(|mailbox| mailbox.put(event.clone()));
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        let mut registered = self.lock();
        registered.is_closed = true;
        registered.each(Mailbox::close);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Registered> {
        // No code that can panic runs while it is held.
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    fn hand_out(&self, event: &RawEvent) {
        let of_node = self
            .by_node
            .get(&event.node)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for mailbox in of_node.iter().chain(&self.to_all) {
            mailbox.put(SessionEvent::Node(event.clone()));
        }
    }

    fn each(&mut self, mut act: impl FnMut(&Mailbox)) {
        self.forget_dropped();
        // A mailbox that listens to several nodes is told once.
        let mut told: Vec<*const Mailbox> = Vec::new();
        for mailbox in self.by_node.values().flatten().chain(&self.to_all) {
            if !told.contains(&Arc::as_ptr(mailbox)) {
                told.push(Arc::as_ptr(mailbox));
                act(mailbox);
            }
        }
    }

    fn forget_dropped(&mut self) {
        self.to_all.retain(|mailbox| !mailbox.is_dropped());
        self.by_node.retain(|_, mailboxes| {
            mailboxes.retain(|mailbox| !mailbox.is_dropped());
            !mailboxes.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::{Filter, Listener, Listeners, SessionEvent};
    use crate::NodeName;
    use crate::session::stanza::{Notice, NoticeKind};

    fn purge(listeners: &Listeners, node: &str) {
        let kind = NoticeKind::Purged;
        listeners.notify(&"pubsub.x".into(), Notice { node, kind });
    }

    fn heard(listener: &mut Listener) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(Some(event)) = listener.next().now_or_never() {
            heard.push(match event {
                SessionEvent::Node(event) => event.node.to_string(),
                SessionEvent::Lagged { missed } => format!("lagged {missed}"),
                SessionEvent::Online { resumed } => format!("online {resumed}"),
                SessionEvent::Offline => "offline".to_owned(),
            });
        }
        heard
    }

    #[test]
    fn a_listener_hears_its_nodes_in_order() {
        let listeners = Listeners::default();
        let node = |name: &str| NodeName::new(name).unwrap();
        let mut two = listeners.add(Filter::Nodes(vec![node("a"), node("b")]), 8);
        let mut all = listeners.add(Filter::All, 8);
        for name in ["a", "c", "b", "a"] {
            purge(&listeners, name);
        }
        listeners.tell(&SessionEvent::Online { resumed: true });
        assert_eq!(heard(&mut two), ["a", "b", "a", "online true"]);
        assert_eq!(heard(&mut all), ["a", "c", "b", "a", "online true"]);
    }

    #[test]
    fn a_slow_listener_is_told_what_it_missed_and_where() {
        let listeners = Listeners::default();
        let mut slow = listeners.add(Filter::All, 2);
        for name in ["1", "2", "3", "4"] {
            purge(&listeners, name);
        }
        assert_eq!(heard(&mut slow), ["1", "2", "lagged 2"]);
        purge(&listeners, "5");
        assert_eq!(heard(&mut slow), ["5"]);
    }

    #[test]
    fn after_the_end_there_is_nothing() {
        let listeners = Listeners::default();
        let mut before = listeners.add(Filter::All, 2);
        purge(&listeners, "1");
        listeners.close();
        assert_eq!(heard(&mut before), ["1"]);
        assert!(matches!(before.next().now_or_never(), Some(None)));
        let mut after = listeners.add(Filter::All, 2);
        assert!(matches!(after.next().now_or_never(), Some(None)));
    }

    #[test]
    fn a_dropped_listener_is_forgotten() {
        let listeners = Listeners::default();
        drop(listeners.add(Filter::Nodes(vec![NodeName::new("a").unwrap()]), 2));
        purge(&listeners, "a");
        listeners.tell(&SessionEvent::Offline);
        assert!(listeners.lock().by_node.is_empty());
    }
}
