//! Answers what a client asks about its own roster (RFC 6121 §2).

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain};
use super::serving::Deferred;
use crate::people::Unknown;
use crate::router::Wakes;
use crate::wire::error::{self, StanzaError};
use crate::wire::roster::{self, Unfit};
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

/// Answers an IQ with a `<query xmlns='jabber:iq:roster'/>` that was just entered.
pub(super) fn answer(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<Option<Deferred>, StreamError> {
    let actor = &dialogue.peer.actor;
    let people = &dialogue.host.people;
    if stanza.variant == "get" {
        let version = reader.attribute("ver");
        drain(reader)?;
        dialogue.open_result(out, stanza);
        if actor.is_anonymous {
            // Many clients ask before anything else, and go on with an empty one.
            out.push_str("<query xmlns='jabber:iq:roster'/>");
        } else {
            people.read_roster(actor, version.as_deref(), out, wakes);
        }
        stanza::close(out, Kind::Iq);
        return Ok(None);
    }
    let change = match roster::read(reader) {
        Ok(change) => change,
        Err(error) => {
            use pubsub_xml::XmlError::{UnexpectedElement, UnexpectedText};
            if !matches!(error, UnexpectedText(_) | UnexpectedElement(_)) {
                return Err(error.into());
            }
            Err(Unfit::Malformed)
        }
    };
    drain(reader)?;
    let result = if actor.is_anonymous {
        Err(StanzaError::NO_ROSTER)
    } else {
        match change {
            Err(Unfit::Malformed) => Err(StanzaError::BAD_CONTACT),
            Err(Unfit::TooLong) => Err(StanzaError::LONG_CONTACT),
            Ok(change) if change.jid == actor.bare => Err(StanzaError::OWN_CONTACT),
            Ok(change) => {
                let contact = change.jid.clone();
                let before = people.closeness(&actor.bare, &contact);
                let result = people.change_roster(actor, change, wakes);
                dialogue.tell_whom_it_opens_to(&contact, &before, wakes);
                result.map_err(|unknown| match unknown {
                    Unknown::TooMany => StanzaError::ROSTER_FULL,
                    Unknown::NoContact => StanzaError::NO_CONTACT,
                })
            }
        }
    };
    if result.is_ok() {
        // Who has left a group, or the roster, may have had a subscription by it.
        dialogue.host.broker.reconsider(&actor.bare, wakes);
    }
    match result {
        Err(reason) => dialogue.fail(out, stanza, reason),
        Ok(None) => {
            dialogue.open_result(out, stanza);
            stanza::close(out, Kind::Iq);
        }
        Ok(Some(receipt)) => {
            let (mut success, mut failure) = (String::new(), String::new());
            dialogue.open_result(&mut success, stanza);
            stanza::close(&mut success, Kind::Iq);
            dialogue.open(&mut failure, stanza, "error");
            return Ok(Some(Box::pin(async move {
                if receipt.wait().await.is_ok() {
                    return success;
                }
                error::write(&mut failure, StanzaError::NOT_KEPT_YET);
                stanza::close(&mut failure, Kind::Iq);
                failure
            })));
        }
    }
    Ok(None)
}
