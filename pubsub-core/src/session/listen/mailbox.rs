//! The bounded mailbox of one listener.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::SessionEvent;

#[derive(Debug)]
pub(super) struct Mailbox {
    inside: Mutex<Inside>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Inside {
    events: VecDeque<SessionEvent>,
    /// What came after `events` and was dropped.
    missed: u64,
    /// How the session stands, if that changed among what was dropped: it is told after the gap.
    standing: Option<SessionEvent>,
    is_closed: bool,
    is_dropped: bool,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            inside: Mutex::default(),
            capacity: capacity.max(1),
        }
    }

    /// Puts an event in. Once one was dropped, so are all until the reader has seen the gap.
    pub(super) fn put(&self, event: SessionEvent) {
        let mut inside = self.lock();
        if inside.is_closed || inside.is_dropped {
            return;
        }
        if inside.missed > 0 || inside.events.len() >= self.capacity {
            inside.drop_event(&event);
        } else {
            inside.events.push_back(event);
        }
        let waker = inside.waker.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        let mut inside = self.lock();
        if let Some(event) = inside.events.pop_front() {
            return Poll::Ready(Some(event));
        }
        if inside.missed > 0 {
            let missed = std::mem::take(&mut inside.missed);
            let standing = inside.standing.take();
            inside.events.extend(standing);
            return Poll::Ready(Some(SessionEvent::Lagged { missed }));
        }
        if inside.is_closed {
            return Poll::Ready(None);
        }
        inside.waker = Some(context.waker().clone());
        Poll::Pending
    }

    pub(super) fn close(&self) {
        let mut inside = self.lock();
        inside.is_closed = true;
        let waker = inside.waker.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Its reader is gone.
    pub(super) fn abandon(&self) {
        let mut inside = self.lock();
        inside.is_dropped = true;
        inside.events = VecDeque::new();
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.lock().is_dropped
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        // No code that can panic runs while it is held.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn drop_event(&mut self, event: &SessionEvent) {
        match event {
            SessionEvent::Online { resumed } => {
                // That one stream ended must not be hidden by another that was resumed.
                let was_new =
                    matches!(self.standing, Some(SessionEvent::Online { resumed: false }));
                let resumed = *resumed && !was_new;
                self.standing = Some(SessionEvent::Online { resumed });
            }
            SessionEvent::Offline if self.standing.is_none() => {
                self.standing = Some(SessionEvent::Offline);
            }
            SessionEvent::Offline => {}
            SessionEvent::Node(_) | SessionEvent::Lagged { .. } => self.missed += 1,
        }
        self.missed = self.missed.max(1);
    }
}
