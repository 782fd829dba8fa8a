//! How much waits in the queues of all clients together. Counted in large steps, so that the many queues that hold next to nothing cost nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What a queue holds is counted in so many bytes.
pub(super) const STEP: usize = 64 * 1024;

/// What all queues share.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    booked: AtomicUsize,
}

impl Budget {
    /// One of so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            booked: AtomicUsize::new(0),
        }
    }

    /// Books what a queue holds in place of the `steps` it had booked. Returns false if it holds more than before and all of them hold too much.
    pub(super) fn book(&self, steps: &mut usize, bytes: usize) -> bool {
        let before = std::mem::replace(steps, bytes / STEP);
        if *steps > before {
            let more = (*steps - before) * STEP;
            return self.booked.fetch_add(more, Ordering::Relaxed) + more <= self.limit;
        }
        if *steps < before {
            let less = (before - *steps) * STEP;
            self.booked.fetch_sub(less, Ordering::Relaxed);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_little_or_less_than_before_is_never_in_the_way() {
        let budget = Budget::new(2 * STEP);
        let (mut one, mut other) = (0, 0);
        assert!(budget.book(&mut one, 2 * STEP));
        assert!(budget.book(&mut other, STEP - 1));
        assert!(!budget.book(&mut other, STEP));
        assert!(budget.book(&mut one, STEP));
        assert!(budget.book(&mut other, 0));
        assert!(budget.book(&mut other, STEP));
        for steps in [&mut one, &mut other] {
            assert!(budget.book(steps, 0));
        }
        assert_eq!(budget.booked.into_inner(), 0);
    }
}
