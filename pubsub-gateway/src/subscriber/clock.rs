//! When a connection is pinged, ended, or given up as stalled: one timer for all three.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The times of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) ping: Option<Duration>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) stalled: Duration,
    /// Until what let the client in has expired.
    pub(crate) expires: Option<Duration>,
}

/// What it is time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Ping,
    /// The connection has lived as long as it may.
    End,
    /// What let the client in has expired.
    Expired,
    /// Nothing could be written for too long.
    Stalled,
}

#[derive(Debug)]
pub(crate) struct Clock {
    times: Times,
    timer: Option<Pin<Box<Sleep>>>,
    ping: Option<Instant>,
    end: Option<Instant>,
    expires: Option<Instant>,
    stalled: Option<Instant>,
}

impl Clock {
    pub(crate) fn new(times: Times) -> Self {
        let now = Instant::now();
        Self {
            times,
            timer: None,
            ping: times.ping.map(|after| now + after),
            end: times.lifetime.map(|after| now + after),
            expires: times.expires.and_then(|after| now.checked_add(after)),
            stalled: None,
        }
    }

    /// Notes whether something waits to be written; progress begins the wait anew.
    pub(crate) fn waits(&mut self, is_waiting: bool, has_progressed: bool) {
        if !is_waiting {
            self.stalled = None;
        } else if has_progressed || self.stalled.is_none() {
            self.stalled = Some(Instant::now() + self.times.stalled);
        }
    }

    /// Ends it this soon, whatever else was meant to happen.
    pub(crate) fn end_within(&mut self, limit: Duration) {
        self.ping = None;
        self.expires = None;
        self.stalled = None;
        self.end = Some(Instant::now() + limit);
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Due> {
        loop {
            let next = [self.ping, self.end, self.expires, self.stalled];
            let Some(next) = next.into_iter().flatten().min() else {
                return Poll::Pending;
            };
            let timer = match &mut self.timer {
                Some(timer) => {
                    if timer.deadline() != next {
                        timer.as_mut().reset(next);
                    }
                    timer
                }
                timer => timer.insert(Box::pin(sleep_until(next))),
            };
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if let Some(due) = self.take_due(Instant::now()) {
                return Poll::Ready(due);
            }
        }
    }

    fn take_due(&mut self, now: Instant) -> Option<Due> {
        let is_due = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if is_due(self.stalled) {
            self.stalled = None;
            return Some(Due::Stalled);
        }
        if is_due(self.expires) {
            self.expires = None;
            return Some(Due::Expired);
        }
        if is_due(self.end) {
            self.end = None;
            return Some(Due::End);
        }
        if is_due(self.ping) {
            self.ping = self.times.ping.map(|after| now + after);
            return Some(Due::Ping);
        }
        None
    }
}
