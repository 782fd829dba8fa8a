//! Stream management (XEP-0198): counting, acknowledgements, and the promise to keep the session.

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain};
use crate::host::Host;
use crate::router::Outgoing;
use crate::wire::management;
use crate::wire::stream::StreamError;

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
            ("r", Some(handled)) => management::write_acknowledgement(&mut out, handled),
            ("a", Some(_)) => {
                let handled = reader
                    .attribute("h")
                    .and_then(|handled| handled.parse().ok());
                outgoing.acknowledge(handled.ok_or(StreamError::BadFormat)?)?;
            }
            ("enable", None) if self.is_managed => {
                let id = promise(&mut out, &self.host, management::wants_resumption(reader));
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
                management::write_failed(&mut out, "unexpected-request");
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

/// Writes that the stream is managed from now on, and returns the id under which its session can be resumed, if that is wanted.
pub(super) fn promise(out: &mut String, host: &Host, wants_resumption: bool) -> Option<String> {
    let id = wants_resumption.then(|| format!("{:032x}", rand::random::<u128>()));
    let seconds = host.limits.resumption.as_secs();
    management::write_enabled(out, id.as_deref().map(|id| (id, seconds)));
    id
}
