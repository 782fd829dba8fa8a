//! What waits for the thread that commits, and how far it has come. Bounded by those who fill it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::entry::Entry;
use crate::service::error::ServiceError;

/// Filled by everybody, emptied by one.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// The number of the last entry taken in.
    last: AtomicU64,
    kept: AtomicU64,
    /// The bytes of everything that is not kept yet.
    bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Entry>,
    is_closed: bool,
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
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Acquire)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.last.load(Ordering::Acquire) > self.kept()
    }

    pub(super) fn check_room(&self, most: usize) -> Result<(), ServiceError> {
        if self.bytes.load(Ordering::Relaxed) > most {
            return Err(ServiceError::StorageBusy { limit: most });
        }
        if self.state().is_closed {
            return Err(ServiceError::StorageFailed);
        }
        Ok(())
    }

    pub(super) fn push(&self, entry: Entry) -> u64 {
        self.bytes.fetch_add(entry.cost(), Ordering::Relaxed);
        let mut state = self.state();
        state.waiting.push(entry);
        self.last.fetch_add(1, Ordering::Release) + 1
    }

    pub(super) fn close(&self) {
        self.state().is_closed = true;
    }

    /// Notes that so many more entries are done with, so many bytes of them.
    pub(super) fn keep(&self, entries: u64, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.kept.fetch_add(entries, Ordering::Release);
    }

    /// Everything that waits, now.
    pub(super) fn drain(&self) -> Vec<Entry> {
        std::mem::take(&mut self.state().waiting)
    }

    /// Waits for something to do, at most as long as `idle`. When less has come than is `expected`, waits a little for the others: who was just
    /// answered is about to ask again, and a group that leaves without them costs as much as one with them.
    pub(super) fn next(&self, expected: usize, patience: Duration, idle: Duration) -> Task {
        let began = Instant::now();
        let mut first = None;
        loop {
            let mut state = self.state();
            let now = Instant::now();
            let wait = if state.waiting.is_empty() {
                if state.is_closed {
                    return Task::End;
                }
                match idle.checked_sub(now - began) {
                    Some(left) if !left.is_zero() => left,
                    _ => return Task::Rest,
                }
            } else {
                let first = *first.get_or_insert(now);
                let left = patience.saturating_sub(now - first);
                if state.waiting.len() >= expected || state.is_closed || left.is_zero() {
                    return Task::Commit(std::mem::take(&mut state.waiting));
                }
                left
            };
            drop(state);
            std::thread::park_timeout(wait);
        }
    }
}
