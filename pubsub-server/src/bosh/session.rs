//! One session: requests come in from any connection, the task that serves the client takes what is in them and hands out answers.
//!
//! The oldest request is answered first. It is held until there is something to say, its time is up, or more requests are held than agreed.
//! While none is held nothing is said; what there is to say waits with the client's queue, which is bounded. A client that is gone from a held
//! request is noticed, and nothing is said to it. How answers are made is in `answering`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::answers::Answers;
use super::body::{self, Condition, Request};
use super::keys::Keys;
use super::reply::{Asker, NotesLoss, Reply, Waiting, dismiss};
use super::state::{Arrival, Arrived, Held, State};
use super::terms::Terms;
use super::window::{Place, Window};
use crate::witness::Witness;

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    terms: Terms,
    state: Mutex<State>,
}

impl Session {
    /// Begins a session with its first request, which is already on its way to the task.
    pub(crate) fn begin(
        id: String,
        terms: Terms,
        mut request: Request,
        witness: Option<Witness>,
    ) -> (Arc<Self>, Waiting) {
        let (asker, receiver) = oneshot::channel();
        let opening = Arrived::Opening {
            to: request.to.take(),
            version: request
                .xmpp_version
                .take()
                .or_else(|| Some("1.0".to_owned())),
        };
        let first = Held {
            id: request.id,
            key: request.key,
            asker,
            witness,
            since: Instant::now(),
            asks_nothing: false,
        };
        let elements = request.elements.into_iter().map(Arrived::Element);
        let most = terms.most_under_way();
        let state = State {
            window: Window::new(request.id + 1, most),
            held: VecDeque::from([first]),
            answers: Answers::new(usize::try_from(most).unwrap_or(usize::MAX)),
            keys: Keys::begin(request.new_key),
            input: std::iter::once(opening).chain(elements).collect(),
            again: BytesMut::new(),
            announcement: None,
            waker: None,
            gap_since: None,
            quiet_since: None,
            patience: terms.inactivity,
            is_pausing: false,
            polled_in_vain: None,
            is_trusted: false,
            is_announced: false,
            fault: None,
            last_words: None,
        };
        let session = Self {
            id,
            terms,
            state: Mutex::new(state),
        };
        (Arc::new(session), receiver)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its client has logged in.
    pub(crate) fn is_trusted(&self) -> bool {
        self.state().is_trusted
    }

    pub(crate) fn trust(&self) {
        self.state().is_trusted = true;
    }

    /// Takes a request. The answer comes when there is one; an error is the answer at once.
    pub(crate) fn take(
        self: &Arc<Self>,
        request: Request,
        witness: Option<Witness>,
        now: Instant,
    ) -> Result<Waiting, Condition> {
        let (asker, receiver) = oneshot::channel();
        let mut state = self.state();
        if let Some(words) = &state.last_words {
            dismiss(asker, words);
            return Ok(receiver);
        }
        if let Some(condition) = state.fault {
            return Err(condition);
        }
        match state.window.place(request.id) {
            Place::Past => self.repeat(&mut state, &request, asker, witness)?,
            Place::Beyond => return Err(state.fail(Condition::ItemNotFound)),
            Place::Open => {
                let under_way = state.live() + state.window.waiting();
                if under_way as u64 >= self.terms.most_under_way() && !request.terminates {
                    return Err(state.fail(Condition::PolicyViolation));
                }
                let arrival = Arrival {
                    request,
                    asker,
                    witness,
                };
                let begins_anew = state.is_announced && arrival.request.is_announcement();
                // The same request once more, before its turn: its client waits on the newer connection.
                drop(state.window.keep(arrival.request.id, arrival));
                self.take_turns(&mut state, now);
                // Whoever begins anew does not send what its predecessor has not sent.
                if begins_anew {
                    self.skip(&mut state, now);
                }
            }
        }
        state.wake();
        Ok(receiver)
    }

    /// A request that was handled before is not handled again; it gets the same answer.
    fn repeat(
        self: &Arc<Self>,
        state: &mut State,
        request: &Request,
        asker: Asker,
        witness: Option<Witness>,
    ) -> Result<(), Condition> {
        if let Some(held) = state.held.iter_mut().find(|held| held.id == request.id) {
            if held.key != request.key {
                return Err(Condition::ItemNotFound);
            }
            held.asker = asker;
            held.witness = witness;
            return Ok(());
        }
        match state.answers.find(request.id) {
            Some(answer) if answer.key == request.key => {
                answer.is_lost = false;
                answer.witness = witness;
                let reply = Reply::new(answer.body.clone(), self, answer.id);
                if let Err(reply) = asker.send(reply) {
                    reply.forget();
                    answer.is_lost = true;
                }
                Ok(())
            }
            // So old that its client cannot be waiting for it: somebody else, or a copy that was late.
            _ => Err(Condition::ItemNotFound),
        }
    }

    /// Handles all requests whose turn it is.
    fn take_turns(&self, state: &mut State, now: Instant) {
        while let Some(arrival) = state.window.turn() {
            self.handle(state, arrival, now);
        }
        if state.window.waiting() == 0 {
            state.gap_since = None;
        } else {
            state.gap_since.get_or_insert(now);
        }
    }

    /// Goes on without the requests that have not come.
    pub(super) fn skip(&self, state: &mut State, now: Instant) {
        if state.window.waiting() > 0 {
            tracing::debug!(session = %self.id, "requests were passed over that never came");
            state.window.skip();
            self.take_turns(state, now);
        }
    }

    fn handle(&self, state: &mut State, arrival: Arrival, now: Instant) {
        let Arrival {
            request,
            asker,
            witness,
        } = arrival;
        let is_announcement = request.is_announcement();
        if !state.keys.take(request.key.as_deref(), request.new_key) {
            let condition = state.fail(Condition::ItemNotFound);
            dismiss(asker, &body::refusal(condition));
            return;
        }
        let asks_nothing = request.elements.is_empty()
            && !request.terminates
            && !request.restarts
            && request.pause.is_none();
        if asks_nothing && state.has_polled_since(now.checked_sub(self.terms.polling)) {
            let condition = state.fail(Condition::PolicyViolation);
            dismiss(asker, &body::refusal(condition));
            return;
        }
        if let Some(id) = request.acknowledged.filter(|_| self.terms.acknowledges) {
            state.answers.acknowledge(id);
        }
        let begins_anew = state.is_announced && is_announcement;
        state.is_announced |= is_announcement;
        let lost = state.answers.take_lost(begins_anew);
        state.again.unsplit(lost);
        state.bury();
        if request.restarts {
            state.input.push_back(Arrived::Opening {
                to: request.to,
                version: Some("1.0".to_owned()),
            });
        }
        let elements = request.elements.into_iter().map(Arrived::Element);
        state.input.extend(elements);
        if request.terminates {
            state.input.push_back(Arrived::Closing);
        }
        state.is_pausing = request.pause.is_some();
        state.patience = match request.pause {
            Some(seconds) => Duration::from_secs(seconds).min(self.terms.pause),
            None => self.terms.inactivity,
        };
        state.held.push_back(Held {
            id: request.id,
            key: request.key,
            asker,
            witness,
            since: now,
            asks_nothing,
        });
    }

    /// Takes what has come. Pending while there is nothing.
    pub(crate) fn poll_input(
        &self,
        context: &mut Context<'_>,
        inbox: &mut VecDeque<Arrived>,
    ) -> Poll<()> {
        let mut state = self.state();
        state.listen(context);
        if state.input.is_empty() {
            return Poll::Pending;
        }
        inbox.append(&mut state.input);
        Poll::Ready(())
    }

    /// Whether it has to end: for what the client did, or because it does not ask any more.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        let mut state = self.state();
        state.fault.is_some() || state.is_forsaken(now)
    }

    /// When something is due although nobody says anything: an empty answer, the end of a client that is gone, or of the patience with a request
    /// that is missing.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let next = match state.oldest() {
            Some(held) => Some(held.since + self.terms.wait),
            None => state.quiet_since.map(|since| since + state.patience),
        };
        let gap = state.gap_since.map(|since| since + self.terms.gap);
        [next, gap].into_iter().flatten().min()
    }

    /// Tells everybody who still waits that the session is over.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        let condition = state.fault.unwrap_or(Condition::ItemNotFound);
        let words = state
            .last_words
            .get_or_insert_with(|| body::refusal(condition))
            .clone();
        for held in state.held.drain(..) {
            dismiss(held.asker, &words);
        }
        for arrival in state.window.clear() {
            dismiss(arrival.asker, &words);
        }
    }
}

impl NotesLoss for Session {
    fn note_lost(&self, id: u64) {
        if let Some(answer) = self.state().answers.find(id) {
            answer.is_lost = true;
        }
    }
}
