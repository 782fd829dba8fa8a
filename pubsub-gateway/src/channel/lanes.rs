//! Who is subscribed to a channel, and how what is new reaches them.
//!
//! Subscribers are spread over a few lanes. When something is published, each lane that has anybody makes a round on a task of its own: the new
//! messages are joined to one piece of bytes a format, and everybody who has had all before is sent it right there. Who is behind is woken, and
//! goes on by itself. Whatever is published during a round goes into the next one, so that a busy channel writes more at once and not more often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;

use super::batch::{Batch, MOST_BYTES, MOST_ENTRIES};
use super::live::Channel;
use super::ring::Next;
use crate::subscriber::Client;

/// So many subscribers are served before others may use the thread, and a channel with fewer has one lane.
const STRIDE: usize = 64;

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Box<[Mutex<Lane>]>,
    turn: AtomicUsize,
}

#[derive(Debug, Default)]
struct Lane {
    members: Slab<Arc<Client>>,
    is_running: bool,
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
        let is_small = self.lock(0).is_some_and(|lane| lane.members.len() < STRIDE);
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

/// Has what was published at that place brought to everybody.
pub(super) fn announce(channel: &Arc<Channel>, place: u64) {
    for index in 0..channel.lanes().lanes.len() {
        let Some(mut lane) = channel.lanes().lock(index) else {
            continue;
        };
        if !lane.is_running && !lane.members.is_empty() {
            lane.is_running = true;
            // Ends when everything is brought.
            tokio::spawn(rounds(Arc::clone(channel), index, place));
        }
    }
}

async fn rounds(channel: Arc<Channel>, index: usize, mut place: u64) {
    let mut group = Vec::with_capacity(STRIDE);
    loop {
        let next = channel.ring().after(place, MOST_ENTRIES, MOST_BYTES);
        let mut batch = match next {
            Next::Entries(entries, end) => Batch::new(place, end, entries),
            Next::Nothing => {
                if rest(&channel, index, place) {
                    return;
                }
                continue;
            }
            // A round that took longer than the ring lasts; the members have lost their places too, and find out by themselves.
            Next::Gone => Batch::new(place, channel.ring().end(), Vec::new()),
        };
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
fn rest(channel: &Channel, index: usize, place: u64) -> bool {
    let Some(mut lane) = channel.lanes().lock(index) else {
        return true;
    };
    let is_done = channel.ring().end() <= place || lane.members.is_empty();
    lane.is_running = !is_done;
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
