//! One session: requests come in from any connection, the task that serves the client takes what is in them and hands out answers.
//!
//! The oldest request is answered first. It is held until there is something to say, its time is up, or more requests are held than agreed.
//! While none is held nothing is said; what there is to say waits with the client's queue, which is bounded. A client that is gone from a held
//! request is noticed, and nothing is said to it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::answers::{Answer, Answers, empty_body};
use super::body::{self, Condition, Request};
use super::keys::Keys;
use super::reply::{Asker, Reply, Waiting, dismiss, weak};
use super::terms::Terms;
use super::window::{Place, Window};
use crate::router::Outgoing;
use crate::wire::standalone;
use crate::witness::Witness;

/// An answer takes no further elements when it is so long; the rest goes into the next.
const LONG: usize = 256 * 1024;

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

/// How the server ends a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Farewell {
    pub(crate) condition: Option<Condition>,
    /// A stream error, standing alone.
    pub(crate) element: BytesMut,
}

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    terms: Terms,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window: Window<Arrival>,
    held: VecDeque<Held>,
    answers: Answers,
    keys: Keys,
    input: VecDeque<Arrived>,
    /// What was said in vain.
    again: BytesMut,
    /// The attributes of the first answer, until it is given.
    announcement: Option<String>,
    waker: Option<Waker>,
    /// Since when requests wait for one that is missing.
    gap_since: Option<Instant>,
    /// Since when no request is held.
    quiet_since: Option<Instant>,
    patience: Duration,
    is_pausing: bool,
    /// When a request of a polling session was last answered with nothing.
    polled_in_vain: Option<Instant>,
    is_trusted: bool,
    /// Whether the client has sent initial presence.
    is_announced: bool,
    fault: Option<Condition>,
    last_words: Option<Bytes>,
}

/// A request before its turn.
#[derive(Debug)]
struct Arrival {
    request: Request,
    asker: Asker,
    witness: Option<Witness>,
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Held {
    id: u64,
    key: Option<String>,
    asker: Asker,
    witness: Option<Witness>,
    since: Instant,
    asks_nothing: bool,
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

    fn state(&self) -> MutexGuard<'_, State> {
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
                let reply = Reply::new(answer.body.clone(), weak(self), answer.id);
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
    fn skip(&self, state: &mut State, now: Instant) {
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
        let oldest = state.held.iter().find(|held| !held.asker.is_closed());
        let next = match oldest {
            Some(held) => Some(held.since + self.terms.wait),
            None => state.quiet_since.map(|since| since + state.patience),
        };
        let gap = state.gap_since.map(|since| since + self.terms.gap);
        [next, gap].into_iter().flatten().min()
    }

    /// The first answer says what was agreed on.
    pub(crate) fn announce(&self, stream: &str, domain: &str) {
        let mut state = self.state();
        // A stream that is opened anew stays in the same session.
        if state.answers.is_fresh() && state.announcement.is_none() {
            let mut attributes = String::new();
            self.terms.write(&mut attributes, &self.id, stream, domain);
            state.announcement = Some(attributes);
        }
    }

    /// Answers as many requests as are due. Pending while there is something to say and no request to answer.
    pub(crate) fn poll_answer(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
        farewell: Option<&Farewell>,
        now: Instant,
    ) -> Poll<()> {
        let mut state = self.state();
        if state
            .gap_since
            .is_some_and(|since| now >= since + self.terms.gap)
        {
            self.skip(&mut state, now);
        }
        state.listen(context);
        loop {
            let has_content = !state.again.is_empty() || outgoing.next_piece().is_some();
            let is_done = !has_content && (farewell.is_none() || state.last_words.is_some());
            let is_due = has_content || farewell.is_some() || state.is_due(&self.terms, now);
            if state.last_words.is_some() || !is_due || state.live() == 0 {
                state.note_quiet(now);
                return if is_done {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                };
            }
            let is_last = state.live() == 1;
            let farewell = farewell.filter(|_| is_last);
            self.answer(&mut state, outgoing, farewell, now);
        }
    }

    /// Gives one answer, to the oldest request that somebody waits for.
    fn answer(
        self: &Arc<Self>,
        state: &mut State,
        outgoing: &mut Outgoing,
        farewell: Option<&Farewell>,
        now: Instant,
    ) {
        state.bury();
        let Some(held) = state.held.pop_front() else {
            return;
        };
        let mut content = std::mem::take(&mut state.again);
        while content.len() < LONG || farewell.is_some() {
            let Some(piece) = outgoing.next_piece() else {
                break;
            };
            standalone::write(&mut content, piece);
            outgoing.take_piece();
        }
        let mut start = String::new();
        body::open(&mut start);
        let announcement = state.announcement.take();
        start.push_str(announcement.as_deref().unwrap_or_default());
        let acknowledged = state.window.last();
        if self.terms.acknowledges && (acknowledged != held.id || announcement.is_some()) {
            body::number(&mut start, "ack", acknowledged);
        }
        let content = content.freeze();
        let bytes = match farewell {
            None if start == EMPTY && content.is_empty() => empty_body(),
            None => body::finish(&start, &content),
            Some(farewell) => {
                body::terminate(&mut start, farewell.condition);
                let whole = [&content[..], &farewell.element[..]].concat();
                body::finish(&start, &whole)
            }
        };
        let reply = Reply::new(bytes.clone(), weak(self), held.id);
        if let Err(reply) = held.asker.send(reply) {
            // Gone this very moment: it is said to the next one.
            reply.forget();
            state.again = BytesMut::from(content);
            state.announcement = announcement;
            state.answers.remember(Answer::empty(held.id, held.key));
            return;
        }
        if content.is_empty() && held.asks_nothing && self.terms.is_polling() {
            state.polled_in_vain = Some(now);
        } else {
            state.polled_in_vain = None;
        }
        if farewell.is_some() {
            state.last_words = Some(bytes.clone());
        }
        let answer = Answer::new(held.id, held.key, bytes, content, held.witness);
        state.answers.remember(answer);
    }

    /// Notes that the answer to the request `id` was never written.
    pub(super) fn note_lost(&self, id: u64) {
        if let Some(answer) = self.state().answers.find(id) {
            answer.is_lost = true;
        }
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

/// The start of an answer that has no attributes.
const EMPTY: &str = "<body xmlns='http://jabber.org/protocol/httpbind'";

impl State {
    /// How many requests somebody waits for.
    fn live(&self) -> usize {
        let is_live = |held: &&Held| !held.asker.is_closed();
        self.held.iter().filter(is_live).count()
    }

    /// Passes over the oldest requests as far as nobody waits for them any more. Should their client ask again after all, the answer is empty.
    fn bury(&mut self) {
        while let Some(held) = self.held.pop_front_if(|held| held.asker.is_closed()) {
            self.answers.remember(Answer::empty(held.id, held.key));
        }
    }

    /// Whether the oldest request is to be answered, be there something to say or not.
    fn is_due(&self, terms: &Terms, now: Instant) -> bool {
        let Some(oldest) = self.held.iter().find(|held| !held.asker.is_closed()) else {
            return false;
        };
        // What the client has said is answered first, if it can be answered at once.
        let is_idle = self.input.is_empty();
        let are_too_many = self.live() > terms.hold && is_idle;
        let has_waited = now >= oldest.since + terms.wait && (is_idle || !terms.wait.is_zero());
        are_too_many || self.is_pausing || has_waited
    }

    fn note_quiet(&mut self, now: Instant) {
        if self.live() > 0 {
            self.quiet_since = None;
        } else {
            self.quiet_since.get_or_insert(now);
        }
    }

    /// Whether the client has not asked for too long.
    fn is_forsaken(&mut self, now: Instant) -> bool {
        self.note_quiet(now);
        self.quiet_since
            .is_some_and(|since| now >= since + self.patience)
    }

    fn has_polled_since(&self, moment: Option<Instant>) -> bool {
        match (self.polled_in_vain, moment) {
            (Some(polled), Some(moment)) => polled > moment,
            _ => false,
        }
    }

    /// Has the task woken by whatever happens next: a request, or the end of one.
    fn listen(&mut self, context: &mut Context<'_>) {
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

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Ends the session for what a client did.
    fn fail(&mut self, condition: Condition) -> Condition {
        self.fault.get_or_insert(condition);
        self.wake();
        condition
    }
}
