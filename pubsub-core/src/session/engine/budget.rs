//! What the queue may hold: counted where requests are made, given back where they leave the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bounds of a queue.
#[derive(Debug)]
pub(in crate::session) struct Budget {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    most_requests: usize,
    most_bytes: usize,
}

/// The right of one request to wait.
#[derive(Debug)]
pub(in crate::session) struct Ticket {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(in crate::session) fn new(most_requests: usize, most_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            most_requests,
            most_bytes,
        })
    }

    /// How many requests there is room for, and how many bytes.
    pub(in crate::session) fn limits(&self) -> (usize, usize) {
        (self.most_requests, self.most_bytes)
    }

    /// Room for one request of so many bytes; one alone is let in whatever its size.
    pub(in crate::session) fn take(self: &Arc<Self>, bytes: usize) -> Option<Ticket> {
        // Relaxed: the counters guard memory, not order; the channel orders the requests.
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let held = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let ticket = Ticket {
            budget: Arc::clone(self),
            bytes,
        };
        let fits = requests <= self.most_requests
            && (held == 0 || held.saturating_add(bytes) <= self.most_bytes);
        fits.then_some(ticket)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.budget.requests.fetch_sub(1, Ordering::Relaxed);
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn what_leaves_makes_room() {
        let budget = Budget::new(2, 100);
        let first = budget.take(60).unwrap();
        assert!(budget.take(60).is_none(), "too many bytes");
        let second = budget.take(40).unwrap();
        assert!(budget.take(0).is_none(), "too many requests");
        drop((first, second));
        assert!(budget.take(1000).is_some(), "one alone always fits");
    }
}
