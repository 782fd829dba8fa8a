//! Who is subscribed to a channel, and how what is new reaches them.
//!
//! Subscribers are spread over a few lanes. When something is published, each lane that has anybody makes a round on a task of its own: the new
//! messages are joined to one piece of bytes a format, and everybody who has had all before is sent it right there. Who is behind is woken, and
//! goes on by itself. Whatever is published during a round, or less than a [`PACE`] after it began, goes into the next one: a quiet channel
//! brings a message at once, and a busy one writes more at once and not more often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slab::Slab;
use tokio::time::{Instant, sleep_until};

use super::batch::{Batch, MOST_BYTES, MOST_ENTRIES};
use super::live::Channel;
use super::ring::Next;
use crate::subscriber::Client;

/// So many subscribers are served before others may use the thread.
const STRIDE: usize = 64;
/// A channel with fewer has one lane: what one thread writes in a moment is not worth the wake-up of another.
const SMALL: usize = 256;
/// From the beginning of a round to that of the next, at least.
const PACE: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Box<[Mutex<Lane>]>,
    turn: AtomicUsize,
}

#[derive(Debug, Default)]
struct Lane {
    members: Slab<Arc<Client>>,
    is_running: bool,
    /// Up to where rounds were made.
    place: u64,
    /// When the last of them began.
    begun: Option<Instant>,
}

/// Where a subscriber stands in the lanes of a channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    lane: usize,
    key: usize,
}

impl Lanes {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            lanes: (0..count.max(1)).map(|_| Mutex::default()).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    pub(crate) fn join(&self, client: Arc<Client>) -> Ticket {
        let is_small = self.lock(0).is_some_and(|lane| lane.members.len() < SMALL);
        let lane = if is_small {
            0
        } else {
            self.turn.fetch_add(1, Ordering::Relaxed) % self.lanes.len()
        };
        let key = self
            .lock(lane)
            .map_or(usize::MAX, |mut lane| lane.members.insert(client));
        Ticket { lane, key }
    }

    pub(crate) fn leave(&self, ticket: Ticket) {
        if let Some(mut lane) = self.lock(ticket.lane) {
            lane.members.try_remove(ticket.key);
            if lane.members.is_empty() {
                // Gives back the memory of a crowd that has left.
                lane.members = Slab::new();
            }
        }
    }

    /// Everybody who is there now.
    pub(crate) fn members(&self) -> Vec<Arc<Client>> {
        let mut members = Vec::new();
        for index in 0..self.lanes.len() {
            if let Some(lane) = self.lock(index) {
                members.extend(lane.members.iter().map(|(_, client)| Arc::clone(client)));
            }
        }
        members
    }

    fn lock(&self, lane: usize) -> Option<MutexGuard<'_, Lane>> {
        // No code that can panic runs while it is held.
        let lane = self.lanes.get(lane)?;
        Some(lane.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Has what was published from that place on brought to everybody.
pub(crate) fn announce(channel: &Arc<Channel>, place: u64) {
    for index in 0..channel.lanes().lanes.len() {
        let Some(mut lane) = channel.lanes().lock(index) else {
            continue;
        };
        if !lane.is_running && !lane.members.is_empty() {
            // A round that was under way may have come past it.
            let place = place.max(lane.place);
            if channel.ring().end() > place {
                lane.is_running = true;
                // Ends when everything is brought.
                tokio::spawn(rounds(Arc::clone(channel), index, place, lane.begun));
            }
        }
    }
}

async fn rounds(channel: Arc<Channel>, index: usize, mut place: u64, mut begun: Option<Instant>) {
    let mut group = Vec::with_capacity(STRIDE);
    loop {
        let waiting = channel.ring().end().saturating_sub(place);
        if waiting == 0 {
            if rest(&channel, index, place, begun) {
                return;
            }
            continue;
        }
        if let Some(begun) = begun
            && waiting < MOST_ENTRIES as u64
            && begun.elapsed() < PACE
        {
            sleep_until(begun + PACE).await;
        }
        let mut batch = match channel.ring().after(place, MOST_ENTRIES, MOST_BYTES) {
            Next::Entries(entries, end) => Batch::new(place, end, entries),
            Next::Nothing => continue,
            // A round that took longer than the ring lasts; the members have lost their places too, and find out by themselves.
            Next::Gone => Batch::new(place, channel.ring().end(), Vec::new()),
        };
        begun = Some(Instant::now());
        let mut from = 0;
        while members(&channel, index, &mut from, &mut group) {
            for client in group.drain(..) {
                client.offer(&channel, &mut batch);
            }
            tokio::task::yield_now().await;
        }
        batch.count(channel.measure());
        place = batch.end();
    }
}

/// Ends the rounds, unless something came meanwhile.
fn rest(channel: &Channel, index: usize, place: u64, begun: Option<Instant>) -> bool {
    let Some(mut lane) = channel.lanes().lock(index) else {
        return true;
    };
    let is_done = channel.ring().end() <= place || lane.members.is_empty();
    lane.is_running = !is_done;
    lane.place = place;
    lane.begun = begun;
    is_done
}

/// The next members from a key on; `false` when there are none.
fn members(
    channel: &Channel,
    index: usize,
    from: &mut usize,
    group: &mut Vec<Arc<Client>>,
) -> bool {
    let Some(lane) = channel.lanes().lock(index) else {
        return false;
    };
    let end = lane.members.capacity();
    while group.len() < STRIDE && *from < end {
        group.extend(lane.members.get(*from).cloned());
        *from += 1;
    }
    !group.is_empty()
}
