//! What becomes of requests when a connection is lost: they go on where the stream goes on, are sent again where that
//! does no harm, and fail otherwise. None is left without an answer, none overtakes another of its node.

use super::{Dispatch, Occupant, Past};
use crate::session::engine::management::{Sent, TooMany};
use crate::session::stanza::RequestId;
use crate::session::wire::Wire;
use crate::session::{ConnectError, PubSubError};

impl Dispatch {
    /// The stream goes on: sends again what the server does not have, as it was.
    pub(in crate::session::engine) fn resumed(
        &mut self,
        wire: &mut Wire,
        handled: u32,
    ) -> Result<(), TooMany> {
        let Some(management) = &mut self.management else {
            return Err(TooMany);
        };
        let missing = management.resumed(handled)?;
        tracing::debug!(again = missing.len(), "the stream goes on");
        let out = wire.out();
        for sent in missing {
            if let Sent::Request(id) = &sent {
                self.let_go_abandoned(*id);
            }
            match &sent {
                Sent::Request(id) => match self.window.get(*id) {
                    Some(occupant) => self.write(out, *id, occupant),
                    // Its caller has been told that time was up, or has taken it back.
                    None => continue,
                },
                Sent::Other(text) => out.push_str(text),
            }
            self.track(out, sent);
        }
        Ok(())
    }

    /// What its callers have taken back is not sent again: they may have sent later changes elsewhere by now.
    fn let_go_abandoned(&mut self, id: RequestId) {
        if !self.window.is_abandoned(id) {
            return;
        }
        let callers = self.window.take(id).map(Occupant::callers);
        for pending in callers.into_iter().flatten() {
            self.let_go(&pending);
        }
    }

    /// The stream is gone for good: queues again what may be repeated, and fails the rest.
    pub(in crate::session::engine) fn lost(&mut self) {
        self.management = None;
        self.creations.clear();
        self.nodes.forget_all();
        let mut again = self.nodes.release_all();
        for occupant in self.window.drain() {
            for mut pending in occupant.callers() {
                if pending.past == Past::New {
                    pending.past = Past::Sent;
                }
                if pending.is_repeatable() {
                    again.push(pending);
                } else {
                    let target = pending.target();
                    pending.fail(PubSubError::Disconnected { target });
                }
            }
        }
        tracing::debug!(again = again.len(), "the stream is gone");
        self.queue.put_back(again);
    }

    /// The server closed the stream over something that was sent. The one request on its way is to blame; of
    /// several, each will be tried alone.
    pub(in crate::session::engine) fn blame(&mut self, error: &ConnectError) {
        let ConnectError::Stream { condition, text } = error else {
            return;
        };
        self.management = None;
        if self.window.each_caller().count() != 1 {
            self.is_probing = true;
            self.window
                .each_caller()
                .for_each(|pending| pending.past = Past::Suspect);
            return;
        }
        let all = self.window.drain();
        for pending in all.into_iter().flat_map(Occupant::callers) {
            let target = pending.target();
            let is_size = condition == "policy-violation" && pending.publication().is_some();
            pending.fail(if is_size {
                PubSubError::PayloadTooBig { target }
            } else {
                PubSubError::Refused {
                    target,
                    condition: condition.clone(),
                    text: text.clone(),
                    is_temporary: false,
                }
            });
        }
    }

    /// The session is over: nobody is left waiting.
    pub(in crate::session::engine) fn close(&mut self) {
        let waiting = self.queue.drain().collect::<Vec<_>>();
        let on_their_way = self.window.drain().into_iter().flat_map(Occupant::callers);
        let held = self.nodes.release_all();
        for pending in waiting.into_iter().chain(on_their_way).chain(held) {
            let target = pending.target();
            pending.fail(PubSubError::SessionClosed { target });
        }
    }
}
