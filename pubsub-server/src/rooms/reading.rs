//! What is said to a room, out of XML. The start tag of the stanza has been read; what others are to see is kept as it was written.

use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::standing::{Affiliation, Role};
use super::talking::Invitation;
use super::vocabulary::{Destroyed, Entry, Line, Past, Voice};
use super::words::{ADMIN, MUC, OWNER, REQUEST, USER};
use crate::address;
use crate::moment;
use crate::service::options;
use crate::wire::namespace;

const STANZA_ID: &str = "urn:xmpp:sid:0";
const DELAY: &str = "urn:xmpp:delay";

/// The inside of a presence.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    pub(crate) entry: Entry,
    /// Whether it says that it wants to enter.
    pub(crate) is_entering: bool,
}

/// The inside of a message.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) content: String,
    pub(crate) has_body: bool,
    pub(crate) has_subject: bool,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) voice: Option<Voice>,
    /// The condition of an error.
    pub(crate) condition: Option<String>,
}

/// Reads the children of a presence.
pub(crate) fn presence(reader: &mut Reader<'_>) -> Result<Presence, XmlError> {
    let mut presence = Presence::default();
    let mut rest = String::new();
    while let Some(name) = reader.child()? {
        if name.is("x", MUC) {
            presence.is_entering = true;
            while let Some(name) = reader.child()? {
                match (name.local, &*name.namespace) {
                    ("password", MUC) => {
                        presence.entry.password = Some(reader.text()?.into_owned());
                    }
                    ("history", MUC) => {
                        presence.entry.past = past(reader);
                        reader.skip()?;
                    }
                    _ => reader.skip()?,
                }
            }
        } else if name.namespace == USER {
            // Only the room says what it says there.
            reader.skip()?;
        } else {
            rest.push_str(&reader.raw_in(namespace::CLIENT)?);
        }
    }
    presence.entry.presence = rest.into();
    Ok(presence)
}

fn past(reader: &Reader<'_>) -> Past {
    let number = |name| reader.attribute(name).and_then(|value| value.parse().ok());
    Past {
        max_chars: number("maxchars"),
        max_stanzas: number("maxstanzas"),
        seconds: reader
            .attribute("seconds")
            .and_then(|value| value.parse().ok()),
        since: reader
            .attribute("since")
            .and_then(|value| moment::read(&value)),
    }
}

/// Reads the children of a message to a room or to one of its occupants. What only the room may say is left out.
pub(crate) fn message(reader: &mut Reader<'_>, room: &str) -> Result<Message, XmlError> {
    let mut message = Message::default();
    while let Some(name) = reader.child()? {
        match (name.local, &*name.namespace) {
            ("x", USER) => read_invitations(reader, &mut message.invitations)?,
            ("stanza-id", STANZA_ID) if is_of(reader, "by", room) => reader.skip()?,
            ("delay", DELAY) if is_of(reader, "from", room) => reader.skip()?,
            ("error", namespace::CLIENT) => {
                while let Some(name) = reader.child()? {
                    message
                        .condition
                        .get_or_insert_with(|| name.local.to_owned());
                    reader.skip()?;
                }
            }
            (local, space) => {
                if (local, space) == ("x", namespace::DATA_FORM) {
                    message.voice = message.voice.or(read_voice(&mut reader.clone())?);
                }
                let is_own = space == namespace::CLIENT;
                message.has_body |= is_own && local == "body";
                message.has_subject |= is_own && local == "subject";
                message.content.push_str(&reader.raw_in(namespace::CLIENT)?);
            }
        }
    }
    Ok(message)
}

/// Reads the form of a request for voice; none if the form is another.
fn read_voice(reader: &mut Reader<'_>) -> Result<Option<Voice>, XmlError> {
    let form = crate::wire::form::read(reader)?;
    if form.form_type != REQUEST || form.is_cancelled {
        return Ok(None);
    }
    let mut voice = Voice::default();
    for field in form.fields {
        let value = field.values.into_iter().next().unwrap_or_default();
        match &*field.name {
            "muc#role" => voice.role = Role::from_word(&value),
            "muc#roomnick" => voice.nick = Some(value.into()),
            "muc#jid" => voice.jid = address::normalize(&value),
            "muc#request_allow" => voice.is_granted = options::boolean(&value).unwrap_or_default(),
            _ => {}
        }
    }
    Ok(Some(voice))
}

fn is_of(reader: &Reader<'_>, attribute: &str, room: &str) -> bool {
    let value = reader.attribute(attribute);
    value.is_some_and(|value| {
        address::normalize(&value).is_some_and(|jid| address::bare(&jid) == room)
    })
}

fn read_invitations(
    reader: &mut Reader<'_>,
    invitations: &mut Vec<Invitation>,
) -> Result<(), XmlError> {
    while let Some(name) = reader.child()? {
        let is_decline = match (name.local, &*name.namespace) {
            ("invite", USER) => false,
            ("decline", USER) => true,
            _ => {
                reader.skip()?;
                continue;
            }
        };
        let to = reader
            .attribute("to")
            .and_then(|jid| address::normalize(&jid));
        let reason = read_reason(reader)?;
        if let Some(to) = to {
            invitations.push(Invitation {
                is_decline,
                to,
                reason,
            });
        }
    }
    Ok(())
}

/// The `<reason/>` inside the current element, which is left.
fn read_reason(reader: &mut Reader<'_>) -> Result<Option<Arc<str>>, XmlError> {
    let mut reason = None;
    while let Some(name) = reader.child()? {
        if name.local == "reason" {
            reason = Some(reader.text()?.into());
        } else {
            reader.skip()?;
        }
    }
    Ok(reason)
}

/// Reads the lines of an admin query. A line that makes no sense makes nothing of all of them.
pub(crate) fn lines(reader: &mut Reader<'_>) -> Result<Option<Vec<Line>>, XmlError> {
    let mut lines = Some(Vec::new());
    while let Some(name) = reader.child()? {
        if !name.is("item", ADMIN) {
            reader.skip()?;
            continue;
        }
        let word = |name| reader.attribute(name);
        let (jid, affiliation, role) = (word("jid"), word("affiliation"), word("role"));
        let line = Line {
            nick: word("nick").map(Into::into),
            jid: jid.as_deref().and_then(address::normalize),
            affiliation: affiliation.as_deref().and_then(Affiliation::from_word),
            role: role.as_deref().and_then(Role::from_word),
            reason: None,
        };
        let is_sound = jid.is_some() == line.jid.is_some()
            && affiliation.is_some() == line.affiliation.is_some()
            && role.is_some() == line.role.is_some();
        let reason = read_reason(reader)?;
        match &mut lines {
            Some(lines) if is_sound => lines.push(Line { reason, ..line }),
            _ => lines = None,
        }
    }
    Ok(lines)
}

/// What an owner asks for.
#[derive(Debug)]
pub(crate) enum Ownership {
    /// The form, filled in or not.
    Form {
        fields: Vec<(String, String)>,
        is_cancelled: bool,
    },
    Destroy(Destroyed),
    /// Neither.
    Nothing,
}

/// Reads the owner query that was just entered.
pub(crate) fn ownership(reader: &mut Reader<'_>) -> Result<Ownership, XmlError> {
    let mut asked = Ownership::Nothing;
    while let Some(name) = reader.child()? {
        match (name.local, &*name.namespace) {
            ("x", namespace::DATA_FORM) => {
                let form = crate::wire::form::read(reader)?;
                let fields = form.fields.into_iter().map(|field| {
                    let value = field.values.into_iter().next().unwrap_or_default();
                    (field.name.into_owned(), value.into_owned())
                });
                asked = Ownership::Form {
                    fields: fields.collect(),
                    is_cancelled: form.is_cancelled,
                };
            }
            ("destroy", OWNER) => {
                let alternative = reader.attribute("jid");
                asked = Ownership::Destroy(Destroyed {
                    alternative: alternative.as_deref().and_then(address::normalize),
                    reason: read_reason(reader)?,
                });
            }
            _ => reader.skip()?,
        }
    }
    Ok(asked)
}
