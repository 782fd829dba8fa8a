//! What waits to be sent to one client, filled by everybody and emptied by the task of its connection.
//!
//! The queue is bounded in bytes, and so are all of them together. Policy for a slow reader: when more waits than the limit, or more goes
//! unacknowledged under stream management, or a queue that is not small grows while all together hold too much, it is dropped and the client is
//! cut off; nobody else waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use super::budget::{Budget, STEP};
use super::outgoing::Outgoing;
use super::waiting::{Parts, Waiting};
use crate::wire::stream::StreamError;

/// Buffers that grew beyond this are given back when they are empty.
pub(super) const KEPT: usize = 16 * 1024;

/// A connection that has so much unsent takes nothing over, which would be its own copy of what others wait for as well, and reads nothing.
pub(crate) const FULL: usize = 4 * STEP;

/// The shared half of a client's queue.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: usize,
    budget: Arc<Budget>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Waiting,
    /// How many stanzas were queued since the connection last emptied it.
    stanzas: u32,
    /// How many bytes the connection held when it last emptied the queue.
    in_flight: usize,
    /// What it has booked of the budget.
    steps: usize,
    waker: Option<Waker>,
    /// Which connection serves the client; a new one raises it.
    attachment: u64,
    ending: Option<StreamError>,
    parked: Option<Parked>,
}

impl State {
    /// How many bytes of memory the queue and its connection take.
    fn held(&self) -> usize {
        self.waiting.cost() + self.in_flight
    }
}

/// What a connection leaves behind for the one that resumes it.
#[derive(Debug)]
pub(crate) struct Parked {
    pub(crate) outgoing: Outgoing,
    /// How many stanzas of the client were handled.
    pub(crate) handled: u32,
}

/// What a connection finds when it empties the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Go on.
    Serve,
    /// Another connection has taken over.
    Replaced,
    /// Close the stream with this error.
    End(StreamError),
}

impl Outbox {
    /// A queue of so many bytes. One that is framed remembers where each stanza begins.
    pub(crate) fn new(limit: usize, budget: Arc<Budget>, is_framed: bool) -> Self {
        Self {
            limit,
            budget,
            state: Mutex::new(State {
                waiting: Waiting::new(is_framed),
                ..State::default()
            }),
        }
    }

    /// One that nothing is put in, beside another.
    pub(super) fn unused(beside: &Self) -> Self {
        Self::new(0, beside.budget.clone(), false)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues one stanza. Returns whether the connection is to be woken: it was not yet due to look.
    pub(crate) fn push(&self, stanza: Parts<'_>) -> bool {
        let mut state = self.state();
        // When the server goes down, what was asked before is still answered.
        if state
            .ending
            .is_some_and(|error| error != StreamError::Shutdown)
        {
            return false;
        }
        let was_empty = state.waiting.is_empty();
        let is_full = state.waiting.len() + state.in_flight + stanza.len() > self.limit;
        if !is_full {
            state.stanzas = state.stanzas.wrapping_add(1);
            state.waiting.push(stanza);
        }
        // Who reads what comes never holds much for long, and is not cut off for what others do.
        let has_room = self.book(&mut state) || state.held() < FULL;
        if is_full || !has_room {
            state.ending = Some(StreamError::SlowReader);
            state.waiting.clear();
            return true;
        }
        was_empty
    }

    /// Books what is held. Returns whether there is room for it.
    fn book(&self, state: &mut State) -> bool {
        let bytes = state.held();
        self.budget.book(&mut state.steps, bytes)
    }

    /// Wakes the connection.
    pub(crate) fn wake(&self) {
        let waker = self.state().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the stream with an error; the first reason counts.
    pub(crate) fn end(&self, error: StreamError) {
        self.state().ending.get_or_insert(error);
        self.wake();
    }

    /// Moves what waits into `outgoing`, unless that is full, and remembers whom to wake. Called by the connection that is `attachment`, and
    /// again when it has sent much of it.
    pub(crate) fn take(
        &self,
        context: &Context<'_>,
        attachment: u64,
        outgoing: &mut Outgoing,
    ) -> Turn {
        let mut state = self.state();
        if state.attachment != attachment {
            return Turn::Replaced;
        }
        let is_wanted = state.ending.is_some() || outgoing.unsent().len() < FULL;
        if is_wanted && !state.waiting.is_empty() {
            outgoing.count(std::mem::take(&mut state.stanzas));
            outgoing.absorb(&mut state.waiting);
        }
        state.in_flight = outgoing.len();
        self.book(&mut state);
        if !state
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            state.waker = Some(context.waker().clone());
        }
        state.ending.map_or(Turn::Serve, Turn::End)
    }

    /// Looks whether the wait for a resuming connection is over, and remembers whom to wake.
    pub(crate) fn watch(&self, context: &Context<'_>, attachment: u64) -> Turn {
        let mut state = self.state();
        if state.attachment != attachment {
            return Turn::Replaced;
        }
        if let Some(error) = state.ending {
            return Turn::End(error);
        }
        state.waker = Some(context.waker().clone());
        Turn::Serve
    }

    /// Counts stanzas from here on (XEP-0198). What waits is moved out first, uncounted.
    pub(crate) fn start_counting(&self, outgoing: &mut Outgoing) {
        let mut state = self.state();
        outgoing.absorb(&mut state.waiting);
        outgoing.start_counting();
        state.waiting.keep_lengths();
    }

    /// Leaves the connection's half behind for whoever resumes. Returns false if the stream has been told to end.
    pub(crate) fn park(&self, attachment: u64, parked: Parked) -> bool {
        let mut state = self.state();
        if state.ending.is_some() {
            return false;
        }
        state.in_flight = parked.outgoing.len();
        self.book(&mut state);
        // A connection that was replaced leaves it to the one that waits for it.
        let is_wanted = state.parked.is_none();
        if is_wanted {
            state.parked = Some(parked);
        }
        let waiting = if state.attachment == attachment {
            None
        } else {
            state.waker.take()
        };
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
        is_wanted
    }

    /// The stanzas that nobody will read any more and that were not acknowledged, of a client that is gone. Only stream management knows them.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let mut state = self.state();
        let Some(mut parked) = state.parked.take() else {
            return Vec::new();
        };
        parked.outgoing.absorb(&mut state.waiting);
        parked.outgoing.stanzas()
    }

    /// The same of a connection that still has its half.
    pub(crate) fn unread(&self, outgoing: &mut Outgoing) -> Vec<String> {
        outgoing.absorb(&mut self.state().waiting);
        outgoing.stanzas()
    }

    /// Becomes the client's connection in place of any other. The number says which one it is.
    pub(crate) fn attach(&self) -> u64 {
        let mut state = self.state();
        state.attachment += 1;
        let attachment = state.attachment;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        attachment
    }

    /// What the last connection left behind, as soon as it has: the caller is woken then.
    pub(crate) fn unpark(
        &self,
        context: &Context<'_>,
        attachment: u64,
    ) -> Option<Result<Parked, Turn>> {
        let mut state = self.state();
        if state.attachment != attachment {
            return Some(Err(Turn::Replaced));
        }
        if let Some(error) = state.ending {
            return Some(Err(Turn::End(error)));
        }
        let parked = state.parked.take();
        if parked.is_none() {
            state.waker = Some(context.waker().clone());
        }
        parked.map(Ok)
    }

    /// Whether that connection still serves the client.
    pub(crate) fn is_attached(&self, attachment: u64) -> bool {
        self.state().attachment == attachment
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        self.budget.book(&mut state.steps, 0);
    }
}
