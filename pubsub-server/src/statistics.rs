//! What a server is doing, in numbers. Reads what others count; counting costs nobody a lock that was not held already.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::committing::BOUNDS;
use crate::host::Host;
use crate::rooms::Hall;

/// What a server holds now, and what it has done since it was started. Each number is right by itself; together they may be of
/// different moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Clients that are connected over TCP.
    pub tcp: usize,
    /// Clients that are connected over WebSocket.
    pub websocket: usize,
    /// Components that are connected.
    pub components: usize,
    /// Sessions of BOSH.
    pub bosh: usize,
    /// Nodes that exist.
    pub nodes: usize,
    /// Subscriptions to them, whether the subscriber is connected or not.
    pub subscriptions: usize,
    /// Nodes that do not exist and are awaited, each as often as somebody does.
    pub awaited: usize,
    /// Items that are kept.
    pub items: usize,
    /// How many bytes they have.
    pub stored_bytes: usize,
    /// Rooms that exist.
    pub rooms: usize,
    /// Items that were published.
    pub published: u64,
    /// Notifications that were handed to connected clients.
    pub delivered: u64,
    /// Groups of changes that were committed to the store.
    pub groups: u64,
    /// How long that took, all of them together, in microseconds.
    pub group_micros: u64,
    /// How many of them took up to so many microseconds each, by [`GROUP_BOUNDS`](Self::GROUP_BOUNDS), and at last how many took longer.
    pub group_times: [u64; 13],
    /// Bytes of changes that wait to be stored.
    pub waiting_bytes: usize,
    /// Logins.
    pub logins: u64,
    /// Attempts to log in that were refused.
    pub refused_logins: u64,
    /// Stanzas that clients have sent.
    pub stanzas_in: u64,
    /// Stanzas that clients were sent.
    pub stanzas_out: u64,
    /// Clients that were cut off because they did not read.
    pub slow_readers: u64,
}

/// What was done, by no one in particular.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    pub(crate) logins: Total,
    pub(crate) refused_logins: Total,
    pub(crate) stanzas_in: Total,
    pub(crate) stanzas_out: Total,
    pub(crate) slow_readers: Total,
}

/// How often something has happened.
#[derive(Debug, Default)]
pub(crate) struct Total(AtomicU64);

impl Total {
    #[inline]
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Clients by what carries them.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    pub(crate) tcp: Count,
    pub(crate) websocket: Count,
    pub(crate) bosh: Count,
    pub(crate) components: Count,
}

/// How many there are of something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Count);

impl Count {
    pub(crate) fn one(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Statistics {
    /// What [`group_times`](Self::group_times) counts by, in microseconds.
    pub const GROUP_BOUNDS: [u64; 12] = BOUNDS;

    pub(crate) fn of(host: &Host) -> Self {
        let Carried {
            tcp,
            websocket,
            bosh,
            components,
        } = &host.carried;
        Self {
            tcp: tcp.get(),
            websocket: websocket.get(),
            bosh: bosh.get(),
            components: components.get(),
            rooms: host.rooms.as_ref().map_or(0, Hall::len),
            logins: host.measure.logins.get(),
            refused_logins: host.measure.refused_logins.get(),
            stanzas_in: host.measure.stanzas_in.get(),
            stanzas_out: host.measure.stanzas_out.get(),
            slow_readers: host.measure.slow_readers.get(),
            ..host.broker.statistics()
        }
    }
}
