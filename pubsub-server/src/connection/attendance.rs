//! What a client says of its presence.

use pubsub_xml::{Event, Reader};

use super::destination::Destination;
use super::dialogue::Dialogue;
use crate::router::Wakes;
use crate::wire::namespace;
use crate::wire::stanza::Stanza;
use crate::wire::stream::StreamError;

impl Dialogue {
    pub(super) fn notice_presence(
        &self,
        stanza: &Stanza<'_>,
        destination: &Destination,
        reader: &mut Reader<'_>,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let mut priority = 0;
        loop {
            match reader.event()? {
                Event::Start(name) if name.is("priority", namespace::CLIENT) => {
                    priority = reader.text()?.trim().parse().unwrap_or(0);
                }
                Event::Eof => break,
                Event::Start(_) | Event::Text(_) | Event::End => {}
            }
        }
        // Presence for somebody in particular is tolerated and goes nowhere: there are no rosters.
        if !matches!(destination, Destination::Own) || stanza.to.is_some() {
            return Ok(());
        }
        match &*stanza.variant {
            "" if self.peer.announce(priority) => {
                self.host.broker.greet(&self.peer.actor, wakes);
            }
            "unavailable" => {
                self.peer.withdraw();
                let actor = &self.peer.actor;
                let is_last = !self.host.router.is_available(&actor.bare);
                self.host.broker.absent(actor, is_last);
            }
            _ => {}
        }
        Ok(())
    }
}
