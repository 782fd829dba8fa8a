//! Stanzas from one client to rooms.

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain};
use crate::rooms::Visitor;
use crate::router::Wakes;
use crate::wire::stanza::Stanza;
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
    ) -> Result<(), StreamError> {
        let Some(rooms) = &self.host.rooms else {
            return drain(reader);
        };
        let actor = &self.peer.actor;
        let visitor = Visitor {
            bare: actor.bare.clone(),
            full: actor.full.clone(),
            session: actor.session,
            is_anonymous: actor.is_anonymous,
        };
        rooms.receive(&visitor, stanza, jid, reader, out, wakes)?;
        Ok(())
    }
}
