//! Stanzas from one client to rooms.

use pubsub_xml::Reader;

use super::destination::Destination;
use super::dialogue::{Dialogue, drain};
use super::serving::Deferred;
use crate::rooms::{Letter, Visitor};
use crate::router::Wakes;
use crate::wire::error::StanzaError;
use crate::wire::stanza::{Kind, Stanza};
use crate::wire::stream::StreamError;

impl Dialogue {
    /// Leaves all rooms: the client is not there any more (RFC 6121 §4.6.3).
    pub(super) fn leave_rooms(&self, wakes: &mut Wakes) {
        if let Some(rooms) = &self.host.rooms {
            rooms.depart(&self.peer.actor.full, self.peer.actor.session, wakes);
        }
    }

    /// Brings a stanza to the rooms.
    pub(super) fn visit(
        &self,
        stanza: &Stanza<'_>,
        jid: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let Some(rooms) = &self.host.rooms else {
            return drain(reader).map(|()| None);
        };
        let actor = &self.peer.actor;
        let visitor = Visitor {
            bare: actor.bare.clone(),
            full: actor.full.clone(),
            session: actor.session,
            is_anonymous: actor.is_anonymous,
        };
        let start = out.len();
        let after = rooms.receive(&visitor, stanza, jid, reader, out, wakes)?;
        let mut letters = Vec::new();
        for letter in after.letters {
            letters.extend(self.send(stanza, letter, out, wakes)?);
        }
        // Only an answer to an IQ says that something is done, so only it waits until that is on the disk.
        if stanza.kind == Kind::Iq
            && let Some(number) = after.number
        {
            let answer = out.split_off(start);
            let mut failure = String::new();
            self.fail(&mut failure, stanza, StanzaError::NOT_KEPT_YET);
            let receipt = rooms.receipt(number);
            return Ok(Some(Box::pin(async move {
                match receipt.wait().await {
                    Ok(()) => answer,
                    Err(_) => failure,
                }
            })));
        }
        if letters.is_empty() {
            return Ok(None);
        }
        Ok(Some(Box::pin(async move {
            let mut answer = String::new();
            for letter in letters {
                let said = letter.await;
                // One refusal answers a message, however many it was for.
                if answer.is_empty() {
                    answer = said;
                }
            }
            answer
        })))
    }

    /// Sends what a room says to somebody who need not be there: an account that is away finds it when it comes back.
    fn send(
        &self,
        stanza: &Stanza<'_>,
        letter: Letter,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let Letter { to, text } = letter;
        match self.destination(Some(&to)) {
            Destination::Component(jid) => {
                let directory = self.host.router.directory();
                directory.deliver(wakes, &jid, &[&text]);
                Ok(None)
            }
            Destination::Local(_) | Destination::Own if to.contains('@') => {
                self.post_for_room(stanza, &to, text, out, wakes)
            }
            _ => {
                if out.is_empty() {
                    self.fail(out, stanza, StanzaError::OTHER_SERVER);
                }
                Ok(None)
            }
        }
    }
}
