//! Stream management (XEP-0198): counting, acknowledgements, and the promise to keep the session.

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain};
use crate::router::Outgoing;
use crate::wire::stream::{self, StreamError};

impl Dialogue {
    /// Stream management (XEP-0198).
    pub(super) fn manage(
        &mut self,
        element: &str,
        reader: &mut Reader<'_>,
        outgoing: &mut Outgoing,
    ) -> Result<(), StreamError> {
        let mut out = String::new();
        match (element, self.handled) {
            ("r", Some(handled)) => stream::write_acknowledgement(&mut out, handled),
            ("a", Some(_)) => {
                let handled = reader
                    .attribute("h")
                    .and_then(|handled| handled.parse().ok());
                outgoing.acknowledge(handled.ok_or(StreamError::BadFormat)?)?;
            }
            ("enable", None) if self.is_managed => {
                let wants_resumption = reader
                    .attribute("resume")
                    .is_some_and(|word| word == "true" || word == "1");
                let id = wants_resumption.then(|| format!("{:032x}", rand::random::<u128>()));
                let seconds = self.host.limits.resumption.as_secs();
                stream::write_enabled(&mut out, id.as_deref().map(|id| (id, seconds)));
                outgoing.push_other(&out);
                self.peer.outbox.start_counting(outgoing);
                if let Some(id) = id {
                    self.host.router.allow_resumption(&self.peer, &id);
                    self.is_resumable = true;
                }
                self.handled = Some(0);
                return drain(reader);
            }
            // What is asked too early, or twice, is no reason to end the stream.
            ("enable" | "resume" | "r" | "a", _) => {
                stream::write_failed(&mut out, "unexpected-request");
            }
            _ => return Err(StreamError::UnsupportedStanzaType),
        }
        drain(reader)?;
        if !out.is_empty() {
            outgoing.push_other(&out);
        }
        Ok(())
    }
}
