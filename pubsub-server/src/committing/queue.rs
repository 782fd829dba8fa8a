//! What waits for the thread that commits, and how far it has come. Bounded by those who fill it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::entry::Entry;
use crate::service::error::ServiceError;

/// Groups are counted by how long they took: up to so many microseconds each, and longer.
pub(crate) const BOUNDS: [u64; 12] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
];

/// How long groups took, and how much waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// How many groups took so long, by [`BOUNDS`].
    pub(crate) times: [u64; BOUNDS.len() + 1],
    /// How long all of them took together, in microseconds.
    pub(crate) micros: u64,
    /// The bytes of everything that is not kept yet.
    pub(crate) waiting: usize,
}

/// Filled by everybody, emptied by one.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Vec<Entry>>,
    is_closed: AtomicBool,
    /// The number of the last entry taken in.
    last: AtomicU64,
    kept: AtomicU64,
    group_times: [AtomicU64; BOUNDS.len() + 1],
    group_micros: AtomicU64,
    /// The bytes of everything that is not kept yet.
    bytes: AtomicUsize,
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Task {
    Commit(Vec<Entry>),
    /// Nothing has come for so long.
    Rest,
    /// Everything is done, and nothing will come.
    End,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Acquire)
    }

    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.last() > self.kept()
    }

    pub(super) fn check_room(&self, most: usize) -> Result<(), ServiceError> {
        if self.bytes.load(Ordering::Relaxed) > most {
            return Err(ServiceError::StorageBusy { limit: most });
        }
        if self.is_closed() {
            return Err(ServiceError::StorageFailed);
        }
        Ok(())
    }

    pub(super) fn push(&self, entry: Entry) -> u64 {
        self.bytes.fetch_add(entry.cost(), Ordering::Relaxed);
        let mut waiting = self.waiting();
        waiting.push(entry);
        self.last.fetch_add(1, Ordering::Release) + 1
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Notes that so many more entries are done with, so many bytes of them.
    pub(super) fn keep(&self, entries: u64, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.kept.fetch_add(entries, Ordering::Release);
    }

    /// Notes that a group was committed in that time.
    pub(super) fn note_group(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(count) = self.group_times.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.group_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            times: self
                .group_times
                .each_ref()
                .map(|count| count.load(Ordering::Relaxed)),
            micros: self.group_micros.load(Ordering::Relaxed),
            waiting: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Everything that waits, now.
    pub(super) fn drain(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.waiting())
    }

    /// Waits for something to do, at most as long as `idle`. When less has come than is `expected`, waits a little for the others: who was just
    /// answered is about to ask again, and a group that leaves without them costs as much as one with them.
    pub(super) fn next(&self, expected: usize, patience: Duration, idle: Duration) -> Task {
        let began = Instant::now();
        let mut first = None;
        loop {
            // What was taken in before it was closed is done.
            let is_closed = self.is_closed();
            let mut waiting = self.waiting();
            let now = Instant::now();
            let wait = if waiting.is_empty() {
                if is_closed {
                    return Task::End;
                }
                match idle.checked_sub(now - began) {
                    Some(left) if !left.is_zero() => left,
                    _ => return Task::Rest,
                }
            } else {
                let first = *first.get_or_insert(now);
                let left = patience.saturating_sub(now - first);
                if waiting.len() >= expected || is_closed || left.is_zero() {
                    return Task::Commit(std::mem::take(&mut *waiting));
                }
                left
            };
            drop(waiting);
            std::thread::park_timeout(wait);
        }
    }
}
