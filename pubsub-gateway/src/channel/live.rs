//! A channel: its ring, its subscribers and its subscription at the service.
//!
//! Knows who is subscribed and what is held. Does not know how channels are found or when they are given up: that is the hub's business.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::lanes::{Lanes, Ticket};
use super::makers::Made;
use super::name::ChannelName;
use super::ring::{Counts, Ring, RingBounds};
use crate::measure::{Kind, Measure};
use crate::subscriber::Client;

/// How a channel stands to its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// The service was asked.
    Pending,
    /// What happens at the node is heard.
    Live,
    /// The service refuses, or cannot be asked.
    Failed {
        /// What it says.
        reason: Arc<str>,
        /// Whether it may say otherwise soon.
        is_transient: bool,
    },
    /// The channel has no node, or is given up.
    None,
}

#[derive(Debug)]
pub(crate) struct Channel {
    name: ChannelName,
    /// The older channel has the lower one.
    order: u64,
    is_wildcard: bool,
    kind: Kind,
    measure: Arc<Measure>,
    ring: Mutex<Ring>,
    lanes: Lanes,
    subscribers: AtomicUsize,
    /// Since when nobody has been subscribed.
    left: Mutex<Instant>,
    upstream: watch::Sender<Upstream>,
    is_given_up: AtomicBool,
    /// For whom it counts.
    _made: Option<Made>,
}

/// What a new channel is like.
#[derive(Debug)]
pub(super) struct Birth {
    pub(super) name: ChannelName,
    pub(super) order: u64,
    pub(super) is_wildcard: bool,
    pub(super) kind: Kind,
    pub(super) measure: Arc<Measure>,
    pub(super) bounds: RingBounds,
    /// The number of the last entry of all channels.
    pub(super) number: u64,
    pub(super) lanes: usize,
    pub(super) upstream: Upstream,
    /// For whom it counts.
    pub(super) made: Option<Made>,
}

impl Channel {
    pub(super) fn new(birth: Birth) -> Self {
        Self {
            name: birth.name,
            order: birth.order,
            is_wildcard: birth.is_wildcard,
            kind: birth.kind,
            measure: birth.measure,
            ring: Mutex::new(Ring::new(birth.bounds, birth.number)),
            lanes: Lanes::new(birth.lanes),
            subscribers: AtomicUsize::new(0),
            left: Mutex::new(Instant::now()),
            upstream: watch::Sender::new(birth.upstream),
            is_given_up: AtomicBool::new(false),
            _made: birth.made,
        }
    }

    pub(crate) fn name(&self) -> &ChannelName {
        &self.name
    }

    pub(crate) fn order(&self) -> u64 {
        self.order
    }

    pub(crate) fn is_wildcard(&self) -> bool {
        self.is_wildcard
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn measure(&self) -> &Measure {
        &self.measure
    }

    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring> {
        // No code that can panic runs while it is held.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(crate) fn counts(&self) -> Counts {
        self.ring().counts()
    }

    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::Relaxed)
    }

    /// Takes a seat, if there is one left.
    pub(crate) fn enter(&self, most: usize) -> bool {
        let seat = |taken| (taken < most).then_some(taken + 1);
        self.subscribers
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, seat)
            .is_ok()
    }

    /// Stands in a lane, after having entered.
    pub(crate) fn join(&self, client: &Arc<Client>) -> Ticket {
        self.lanes.join(Arc::clone(client))
    }

    /// Gives the seat back.
    pub(crate) fn exit(&self) {
        self.subscribers.fetch_sub(1, Ordering::Relaxed);
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Since when nobody has needed it.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let is_idle = self.subscribers() == 0 && self.ring().counts().stored == 0;
        is_idle.then(|| *self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that somebody was about.
    pub(crate) fn touch(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn upstream(&self) -> watch::Receiver<Upstream> {
        self.upstream.subscribe()
    }

    pub(crate) fn set_upstream(&self, upstream: Upstream) {
        self.upstream.send_if_modified(|own| {
            let is_news = *own != upstream && !self.is_given_up();
            if is_news {
                *own = upstream;
            }
            is_news
        });
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }

    /// Ends the subscription at the service.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        self.upstream.send_replace(Upstream::None);
    }

    /// Resolves when the channel is given up.
    pub(crate) async fn given_up(&self) {
        let mut upstream = self.upstream.subscribe();
        let is_given_up = |_: &Upstream| self.is_given_up();
        // The sender is in `self`, so it cannot be gone.
        let _ = upstream.wait_for(is_given_up).await;
    }
}
