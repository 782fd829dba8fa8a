//! How a session answers: the oldest request first, as soon as there is something to say or it is time.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::time::Instant;

use super::answers::Answer;
use super::body::{self, Condition};
use super::reply::Reply;
use super::session::Session;
use super::state::State;
use crate::router::Outgoing;
use crate::wire::standalone;

/// An answer takes no further elements when it is so long; the rest goes into the next.
const LONG: usize = 256 * 1024;

/// How the server ends a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Farewell {
    pub(crate) condition: Option<Condition>,
    /// A stream error, standing alone.
    pub(crate) element: BytesMut,
}

impl Session {
    /// The first answer says what was agreed on.
    pub(crate) fn announce(&self, stream: &str, domain: &str) {
        let mut state = self.state();
        // A stream that is opened anew stays in the same session.
        if state.answers.is_fresh() && state.announcement.is_none() {
            let mut attributes = String::new();
            self.terms()
                .write(&mut attributes, self.id(), stream, domain);
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
            .is_some_and(|since| now >= since + self.terms().gap)
        {
            self.skip(&mut state, now);
        }
        state.listen(context);
        loop {
            let has_content = !state.again.is_empty() || outgoing.next_piece().is_some();
            let is_done = !has_content && (farewell.is_none() || state.last_words.is_some());
            let is_due = has_content || farewell.is_some() || state.is_due(self.terms(), now);
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
        if self.terms().acknowledges && (acknowledged != held.id || announcement.is_some()) {
            body::number(&mut start, "ack", acknowledged);
        }
        let content = content.freeze();
        let bytes = match farewell {
            None => body::finish(&start, &content),
            Some(farewell) => {
                body::terminate(&mut start, farewell.condition);
                let whole = [&content[..], &farewell.element[..]].concat();
                body::finish(&start, &whole)
            }
        };
        let reply = Reply::new(bytes.clone(), self, held.id);
        if let Err(reply) = held.asker.send(reply) {
            // Gone this very moment: it is said to the next one.
            reply.forget();
            state.again = BytesMut::from(content);
            state.announcement = announcement;
            state.answers.remember(Answer::empty(held.id, held.key));
            return;
        }
        if content.is_empty() && held.asks_nothing && self.terms().is_polling() {
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
}
