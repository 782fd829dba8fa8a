//! What a session remembers between two requests, and what can be told from it alone. No task, no connection, the time as a parameter.

use std::collections::VecDeque;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::answers::{Answer, Answers};
use super::body::{Condition, Request};
use super::keys::Keys;
use super::reply::Asker;
use super::terms::Terms;
use super::window::Window;
use crate::witness::Witness;

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    Opening {
        to: Option<String>,
        version: Option<String>,
    },
    Element(String),
    Closing,
}

/// What a session remembers.
#[derive(Debug)]
pub(super) struct State {
    pub(super) window: Window<Arrival>,
    pub(super) held: VecDeque<Held>,
    pub(super) answers: Answers,
    pub(super) keys: Keys,
    pub(super) input: VecDeque<Arrived>,
    /// What was said in vain.
    pub(super) again: BytesMut,
    /// The attributes of the first answer, until it is given.
    pub(super) announcement: Option<String>,
    pub(super) waker: Option<Waker>,
    /// Since when requests wait for one that is missing.
    pub(super) gap_since: Option<Instant>,
    /// Since when no request is held.
    pub(super) quiet_since: Option<Instant>,
    pub(super) patience: Duration,
    pub(super) is_pausing: bool,
    /// When a request of a polling session was last answered with nothing.
    pub(super) polled_in_vain: Option<Instant>,
    pub(super) is_trusted: bool,
    /// Whether the client has sent initial presence.
    pub(super) is_announced: bool,
    pub(super) fault: Option<Condition>,
    pub(super) last_words: Option<Bytes>,
}

/// A request before its turn.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) request: Request,
    pub(super) asker: Asker,
    pub(super) witness: Option<Witness>,
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: u64,
    pub(super) key: Option<String>,
    pub(super) asker: Asker,
    pub(super) witness: Option<Witness>,
    pub(super) since: Instant,
    pub(super) asks_nothing: bool,
}

impl State {
    /// The oldest request that somebody waits for.
    pub(super) fn oldest(&self) -> Option<&Held> {
        self.held.iter().find(|held| !held.asker.is_closed())
    }

    /// How many requests somebody waits for.
    pub(super) fn live(&self) -> usize {
        let is_live = |held: &&Held| !held.asker.is_closed();
        self.held.iter().filter(is_live).count()
    }

    /// Passes over the oldest requests as far as nobody waits for them any more. Should their client ask again after all, the answer is empty.
    pub(super) fn bury(&mut self) {
        while let Some(held) = self.held.pop_front_if(|held| held.asker.is_closed()) {
            self.answers.remember(Answer::empty(held.id, held.key));
        }
    }

    /// Whether the oldest request is to be answered, be there something to say or not.
    pub(super) fn is_due(&self, terms: &Terms, now: Instant) -> bool {
        let Some(oldest) = self.oldest() else {
            return false;
        };
        // What the client has said is answered first, if it can be answered at once.
        let is_idle = self.input.is_empty();
        let are_too_many = self.live() > terms.hold && is_idle;
        let has_waited = now >= oldest.since + terms.wait && (is_idle || !terms.wait.is_zero());
        are_too_many || self.is_pausing || has_waited
    }

    pub(super) fn note_quiet(&mut self, now: Instant) {
        if self.live() > 0 {
            self.quiet_since = None;
        } else {
            self.quiet_since.get_or_insert(now);
        }
    }

    /// Whether the client has not asked for too long.
    pub(super) fn is_forsaken(&mut self, now: Instant) -> bool {
        self.note_quiet(now);
        self.quiet_since
            .is_some_and(|since| now >= since + self.patience)
    }

    pub(super) fn has_polled_since(&self, moment: Option<Instant>) -> bool {
        match (self.polled_in_vain, moment) {
            (Some(polled), Some(moment)) => polled > moment,
            _ => false,
        }
    }

    /// Has the task woken by whatever happens next: a request, or the end of one.
    pub(super) fn listen(&mut self, context: &mut Context<'_>) {
        for held in &mut self.held {
            let _ = held.asker.poll_closed(context);
        }
        if !self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            self.waker = Some(context.waker().clone());
        }
    }

    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Ends the session for what a client did.
    pub(super) fn fail(&mut self, condition: Condition) -> Condition {
        self.fault.get_or_insert(condition);
        self.wake();
        condition
    }
}
