//! Answers of a client to what the server has asked it: what it can do (XEP-0115).

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain, is_response};
use crate::router::Wakes;
use crate::wire::stanza::Stanza;
use crate::wire::stream::StreamError;
use crate::wire::{namespace, presence};

impl Dialogue {
    /// Whether it answers a question of the server.
    pub(super) fn is_awaited(&self, stanza: &Stanza<'_>) -> bool {
        is_response(stanza)
            && stanza.id.as_deref().is_some_and(|id| {
                id.starts_with("caps-") && self.host.people.has_asked(&self.peer.actor, id)
            })
    }

    /// Takes the answer in, and tells the client what it wants to hear.
    pub(super) fn learn(
        &self,
        stanza: &Stanza<'_>,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let mut answer = None;
        if stanza.variant == "result"
            && let Some(name) = reader.child()?
            && name.is("query", namespace::DISCO_INFO)
        {
            answer = Some(presence::read_answer(reader)?);
        }
        drain(reader)?;
        if self.host.people.learn(&self.peer.actor, answer.as_ref()) {
            self.tell_news(wakes);
        }
        Ok(())
    }
}
