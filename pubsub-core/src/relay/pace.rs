//! How many changes may be under way: as many as the service gets through in a moment.
//!
//! Looks at one change at a time: a quick answer doubles the number, a slow one halves it. So changes do not wait in the queue of the
//! session until their time is up, and little is told twice after a crash. No clock; what it bounds besides is in `lanes`.

use tokio::time::Instant;

use super::bounds::{FIRST_UNDER_WAY, LEAST_UNDER_WAY, MOMENT, UNDER_WAY};
use super::lanes::Key;

#[derive(Debug)]
pub(super) struct Pace {
    width: usize,
    /// The change that is looked at, and when it was sent.
    sample: Option<(Key, u64, Instant)>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            width: FIRST_UNDER_WAY,
            sample: None,
        }
    }

    /// Whether one more may be sent, with so many under way.
    pub(super) fn permits(&self, under_way: usize) -> bool {
        under_way < self.width
    }

    pub(super) fn sent(&mut self, key: Key, sequence: u64, now: Instant) {
        self.sample.get_or_insert((key, sequence, now));
    }

    pub(super) fn answered(&mut self, key: Key, sequence: u64, now: Instant) {
        let Some((_, _, sent)) = self
            .sample
            .take_if(|(of, number, _)| (*of, *number) == (key, sequence))
        else {
            return;
        };
        self.width = if now.saturating_duration_since(sent) > MOMENT {
            (self.width / 2).max(LEAST_UNDER_WAY)
        } else {
            (self.width * 2).min(UNDER_WAY)
        };
    }

    /// What is under way was called back.
    pub(super) fn forget(&mut self) {
        self.sample = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;
    use crate::relay::bounds::{LEAST_UNDER_WAY, MOMENT, UNDER_WAY};
    use crate::relay::lanes::Key;

    fn after(pace: &mut Pace, wait: Duration) {
        let (now, key) = (Instant::now(), Key::default());
        pace.sent(key, 7, now);
        pace.sent(key, 8, now);
        pace.answered(key, 8, now);
        pace.answered(key, 7, now + wait);
    }

    #[test]
    fn a_quick_service_gets_more_and_a_slow_one_less() {
        let mut pace = Pace::new();
        for _ in 0..20 {
            after(&mut pace, Duration::ZERO);
        }
        assert!(pace.permits(UNDER_WAY - 1) && !pace.permits(UNDER_WAY));
        for _ in 0..20 {
            after(&mut pace, MOMENT * 2);
        }
        assert!(pace.permits(LEAST_UNDER_WAY - 1) && !pace.permits(LEAST_UNDER_WAY));
    }

    #[test]
    fn what_was_called_back_says_nothing() {
        let mut pace = Pace::new();
        let (now, key) = (Instant::now(), Key::default());
        pace.sent(key, 7, now);
        pace.forget();
        let before = pace.width;
        pace.answered(key, 7, now + MOMENT * 2);
        assert_eq!(pace.width, before);
    }
}
