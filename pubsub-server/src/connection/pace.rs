//! How fast a client may send: it has so much, which grows again with time, and who has used it up is read again later. Nobody is cut off for it.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::config::Limits;

/// What one connection may send.
#[derive(Debug)]
pub(super) struct Pace {
    stanzas: Option<Bucket>,
    bytes: Option<Bucket>,
    timer: Pin<Box<Sleep>>,
}

/// So much a second, and at most a second's worth at once.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    /// What is left. Below zero what was taken in advance: a stanza is taken whole.
    left: f64,
    at: Instant,
}

impl Pace {
    /// That of a connection, if there is any limit.
    pub(super) fn of(limits: &Limits) -> Option<Box<Self>> {
        let now = Instant::now();
        let bucket = |rate: Option<NonZeroU32>| rate.map(|rate| Bucket::new(rate, now));
        let (stanzas, bytes) = (
            bucket(limits.stanzas_per_second),
            bucket(limits.bytes_per_second),
        );
        if stanzas.is_none() && bytes.is_none() {
            return None;
        }
        Some(Box::new(Self {
            stanzas,
            bytes,
            timer: Box::pin(tokio::time::sleep_until(now)),
        }))
    }

    /// Takes one stanza of so many bytes.
    pub(super) fn take(&mut self, bytes: usize) {
        if let Some(bucket) = &mut self.stanzas {
            bucket.left -= 1.0;
        }
        if let Some(bucket) = &mut self.bytes {
            bucket.left -= f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }

    /// Whether no more may be taken now.
    pub(super) fn is_used_up(&mut self) -> bool {
        !self.wait(Instant::now()).is_zero()
    }

    /// Ready when more may be taken.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        let wait = self.wait(now);
        if wait.is_zero() {
            return Poll::Ready(());
        }
        self.timer.as_mut().reset(now + wait);
        self.timer.as_mut().poll(context)
    }

    fn wait(&mut self, now: Instant) -> Duration {
        let buckets = [&mut self.stanzas, &mut self.bytes];
        let waits = buckets.into_iter().flatten().map(|bucket| bucket.wait(now));
        waits.max().unwrap_or_default()
    }
}

impl Bucket {
    fn new(rate: NonZeroU32, now: Instant) -> Self {
        let rate = f64::from(rate.get());
        Self {
            rate,
            left: rate,
            at: now,
        }
    }

    /// How long until something is left.
    fn wait(&mut self, now: Instant) -> Duration {
        let grown = now.duration_since(self.at).as_secs_f64() * self.rate;
        self.left = (self.left + grown).min(self.rate);
        self.at = now;
        if self.left > 0.0 {
            return Duration::ZERO;
        }
        // A little more than nothing must be left, and timers are as fine as a millisecond.
        Duration::from_secs_f64(-self.left / self.rate) + Duration::from_millis(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let start = Instant::now();
        let mut bucket = Bucket::new(NonZeroU32::new(10).expect("not zero"), start);
        for _ in 0..10 {
            assert_eq!(bucket.wait(start), Duration::ZERO);
            bucket.left -= 1.0;
        }
        assert_eq!(bucket.wait(start), Duration::from_millis(1));
        bucket.left -= 5.0;
        assert_eq!(bucket.wait(start), Duration::from_millis(501));
        let later = start + Duration::from_mins(1);
        assert_eq!(bucket.wait(later), Duration::ZERO);
        assert!(bucket.left <= 10.0, "no more than a second's worth");
    }
}
