//! Stanzas from one client to others of this server.

use pubsub_xml::{Reader, XmlError};

use super::dialogue::{Dialogue, drain, is_response};
use crate::address;
use crate::router::Wakes;
use crate::wire::error::StanzaError;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

impl Dialogue {
    /// Passes a stanza on to connected clients of this server.
    pub(super) fn pass_on(
        &self,
        kind: Kind,
        stanza: &Stanza<'_>,
        jid: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<(), StreamError> {
        let mut readdressed = String::new();
        match stanza::readdress(&mut readdressed, reader, kind, &self.peer.actor.full) {
            Ok(()) => {}
            Err(XmlError::UnexpectedText(_)) => {
                drain(reader)?;
                if !is_response(stanza) {
                    self.fail(out, stanza, StanzaError::BAD_REQUEST);
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        drain(reader)?;
        let directory = self.host.router.directory();
        let before = wakes.deliveries();
        // An IQ to a bare JID is for the account, not for its clients (RFC 6121 §8.5.2).
        if kind == Kind::Message || jid.contains('/') {
            directory.deliver(wakes, jid, &[&readdressed]);
        }
        // A message to a resource that is gone is for the account (RFC 6121 §8.5.3.2.1).
        if wakes.deliveries() == before
            && kind == Kind::Message
            && matches!(&*stanza.variant, "" | "normal" | "chat")
        {
            directory.deliver(wakes, address::bare(jid), &[&readdressed]);
        }
        drop(directory);
        if wakes.deliveries() == before && !is_response(stanza) && stanza.variant != "headline" {
            let reason = if kind == Kind::Message {
                StanzaError::NO_RECIPIENT
            } else {
                StanzaError::SERVICE_UNAVAILABLE
            };
            self.fail(out, stanza, reason);
        }
        Ok(())
    }
}
