//! How the relay bears with a store that fails: what failed is tried again after a wait that grows until the same thing works.
//!
//! Pure but for the time that comes in. That something else works ends no wait: a store that can be read but not written would otherwise be
//! asked without a pause.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::relay::back_off;
use crate::relay::bounds::STORE_BACK_OFF;

#[derive(Debug, Default)]
pub(super) struct Patience {
    /// What failed, and how many times, one after the other.
    failing: BTreeMap<&'static str, u32>,
    /// Until when nothing is asked.
    rests_until: Option<Instant>,
    /// It will never work again.
    pub(super) is_over: bool,
}

impl Patience {
    /// Until when nothing is to be asked of the store, if that is not over.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.rests_until
    }

    /// Whether it may be asked now.
    pub(super) fn wake(&mut self, now: Instant) -> bool {
        self.rests_until.take_if(|until| *until <= now);
        self.rests_until.is_none()
    }

    /// How many times something failed, one after the other; the largest of such numbers.
    pub(super) fn failures(&self) -> u32 {
        self.failing.values().copied().max().unwrap_or(0)
    }

    /// This works. Whether everything does, after something did not.
    pub(super) fn works(&mut self, what: &'static str) -> bool {
        let is_again = self.failing.remove(what).is_some() && self.failing.is_empty();
        if is_again {
            self.rests_until = None;
        }
        is_again
    }

    /// This failed; how many times by now, one after the other. `chance` draws the wait.
    pub(super) fn fails(&mut self, what: &'static str, now: Instant, chance: f64) -> u32 {
        let failures = self.failing.entry(what).or_default();
        *failures = failures.saturating_add(1);
        let until = now + back_off::wait(STORE_BACK_OFF, *failures, chance);
        self.rests_until = self.rests_until.max(Some(until));
        *failures
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::Patience;
    use crate::relay::bounds::STORE_BACK_OFF;

    #[test]
    fn a_wait_grows_though_something_else_works() {
        let mut patience = Patience::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for failures in 1..=20 {
            assert_eq!(patience.fails("write", now, 1.0), failures);
            assert!(!patience.works("read"));
            let until = patience.rests_until().unwrap();
            assert!(!patience.wake(now) && patience.wake(until));
            waits.push(until - now);
            now = until;
        }
        assert!(waits.is_sorted() && waits.last() == Some(&STORE_BACK_OFF.1));
        assert!(patience.works("write"), "all is well");
        assert!(!patience.works("write"), "it was before");
        assert_eq!(patience.fails("write", now, 1.0), 1);
    }
}
