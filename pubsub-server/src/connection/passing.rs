//! Stanzas from one client to others of this server.

use pubsub_xml::{Reader, XmlError};

use super::dialogue::{Dialogue, drain, is_response};
use super::serving::Deferred;
use crate::people::{Fate, Letter};
use crate::router::Wakes;
use crate::wire::error::{self, StanzaError};
use crate::wire::message::Traits;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

impl Dialogue {
    /// The whole of a stanza, from the client and for its recipient; none if it was refused.
    pub(super) fn readdressed(
        &self,
        stanza: &Stanza<'_>,
        reader: &mut Reader<'_>,
        out: &mut String,
    ) -> Result<Option<String>, StreamError> {
        let mut readdressed = String::new();
        let from = &self.peer.actor.full;
        let result = stanza::readdress(&mut readdressed, reader, stanza.kind, from);
        match result {
            Ok(()) | Err(XmlError::UnexpectedText(_)) => drain(reader)?,
            Err(error) => return Err(error.into()),
        }
        if result.is_ok() {
            return Ok(Some(readdressed));
        }
        self.refuse_to_pass(stanza, StanzaError::BAD_REQUEST, out);
        Ok(None)
    }

    /// Says why a stanza was not passed on, if that may be answered.
    pub(super) fn refuse_to_pass(
        &self,
        stanza: &Stanza<'_>,
        reason: StanzaError,
        out: &mut String,
    ) {
        if !is_response(stanza) && stanza.kind != Kind::Presence {
            self.fail(out, stanza, reason);
        }
    }

    /// Passes a message or an IQ on to connected clients of this server, or has a message wait for them.
    pub(super) fn pass_on(
        &self,
        stanza: &Stanza<'_>,
        jid: &str,
        reader: &mut Reader<'_>,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let Some(readdressed) = self.readdressed(stanza, reader, out)? else {
            return Ok(None);
        };
        if stanza.kind == Kind::Message {
            return self.post(stanza, jid, readdressed, out, wakes);
        }
        let before = wakes.deliveries();
        // An IQ to a bare JID is for the account, not for its clients (RFC 6121 §8.5.2).
        if jid.contains('/') {
            let directory = self.host.router.directory();
            directory.deliver(wakes, jid, &[&readdressed]);
        }
        if wakes.deliveries() == before {
            self.refuse_to_pass(stanza, StanzaError::SERVICE_UNAVAILABLE, out);
        }
        Ok(None)
    }

    /// The same for a message that a room has written, which waits although it has no body.
    pub(super) fn post_for_room(
        &self,
        stanza: &Stanza<'_>,
        to: &str,
        text: String,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let mut traits = Traits::read(&text)?;
        traits.is_worth_keeping = true;
        Ok(self.post_with(stanza, to, text, traits, out, wakes))
    }

    fn post(
        &self,
        stanza: &Stanza<'_>,
        to: &str,
        text: String,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Result<Option<Deferred>, StreamError> {
        let traits = Traits::read(&text)?;
        Ok(self.post_with(stanza, to, text, traits, out, wakes))
    }

    fn post_with(
        &self,
        stanza: &Stanza<'_>,
        to: &str,
        text: String,
        traits: Traits,
        out: &mut String,
        wakes: &mut Wakes,
    ) -> Option<Deferred> {
        let letter = Letter {
            to,
            variant: &stanza.variant,
            text: &text,
            traits,
        };
        match self.host.people.deliver(&self.peer.actor, &letter, wakes) {
            Fate::Done => None,
            Fate::Refused => {
                self.fail(out, stanza, StanzaError::SERVICE_UNAVAILABLE);
                None
            }
            Fate::Waits => Some(self.keep(stanza, to, text, traits)),
        }
    }

    /// Has a message wait, if it may and there is such an account, which takes a look at the accounts.
    fn keep(&self, stanza: &Stanza<'_>, to: &str, text: String, traits: Traits) -> Deferred {
        let (host, to) = (self.host.clone(), to.to_owned());
        let variant = stanza.variant.clone().into_owned();
        let mut failure = String::new();
        self.open(&mut failure, stanza, "error");
        Box::pin(async move {
            let reason = if !host.has_account(&to).await {
                Some(StanzaError::NO_RECIPIENT)
            } else if !traits.is_kept(&variant) {
                // What says nothing is missed by nobody, as that somebody is typing.
                traits.has_body.then_some(StanzaError::NOT_KEPT)
            } else {
                let letter = Letter {
                    to: &to,
                    variant: &variant,
                    text: &text,
                    traits,
                };
                let kept = host.people.keep(&letter, &mut Wakes::default());
                match kept {
                    Ok(Some(receipt)) => receipt
                        .wait()
                        .await
                        .err()
                        .map(|_| StanzaError::NOT_KEPT_YET),
                    Ok(None) => None,
                    Err(_) => Some(StanzaError::OFFLINE_FULL),
                }
            };
            let Some(reason) = reason else {
                return String::new();
            };
            error::write(&mut failure, reason);
            stanza::close(&mut failure, Kind::Message);
            failure
        })
    }
}
