//! The outside of a stanza (RFC 6120 §8.1): reads its kind and attributes, opens replies, and readdresses what is passed on.

use std::borrow::Cow;

use pubsub_xml::{Reader, XmlError};

use super::{attribute, escaped, namespace};

/// The three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Iq,
    Message,
    Presence,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Iq => "iq",
            Self::Message => "message",
            Self::Presence => "presence",
        }
    }
}

/// The start tag of a stanza.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stanza<'x> {
    pub(crate) kind: Kind,
    pub(crate) to: Option<Cow<'x, str>>,
    pub(crate) from: Option<Cow<'x, str>>,
    pub(crate) id: Option<Cow<'x, str>>,
    /// The `type` attribute; empty if there is none.
    pub(crate) variant: Cow<'x, str>,
}

/// The kind of stanza an element name stands for.
pub(crate) fn kind_of(name: &pubsub_xml::Name<'_>) -> Option<Kind> {
    if name.namespace != namespace::CLIENT {
        return None;
    }
    match name.local {
        "iq" => Some(Kind::Iq),
        "message" => Some(Kind::Message),
        "presence" => Some(Kind::Presence),
        _ => None,
    }
}

/// Reads the attributes of the stanza whose start tag was just entered.
pub(crate) fn read<'x>(reader: &Reader<'x>, kind: Kind) -> Stanza<'x> {
    let mut stanza = Stanza {
        kind,
        to: None,
        from: None,
        id: None,
        variant: Cow::Borrowed(""),
    };
    for attribute in reader.attributes() {
        match (attribute.prefix, attribute.local) {
            (None, "to") => stanza.to = Some(attribute.value),
            (None, "from") => stanza.from = Some(attribute.value),
            (None, "id") => stanza.id = Some(attribute.value),
            (None, "type") => stanza.variant = attribute.value,
            _ => {}
        }
    }
    stanza
}

/// Opens an answer of that `type`, up to and without the `>` of the start tag.
pub(crate) fn open(
    out: &mut String,
    kind: Kind,
    variant: &str,
    id: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) {
    out.push('<');
    out.push_str(kind.as_str());
    attribute(out, "type", variant);
    if let Some(id) = id {
        attribute(out, "id", id);
    }
    if let Some(from) = from {
        attribute(out, "from", from);
    }
    if let Some(to) = to {
        attribute(out, "to", to);
    }
}

/// Closes a stanza that has children.
pub(crate) fn close(out: &mut String, kind: Kind) {
    out.push_str("</");
    out.push_str(kind.as_str());
    out.push('>');
}

/// Writes the stanza whose start tag was just entered as coming from `from`, all that follows the address of the recipient, its closing quote included.
pub(crate) fn write_tail(
    out: &mut String,
    reader: &mut Reader<'_>,
    kind: Kind,
    from: &str,
) -> Result<(), XmlError> {
    out.push('\'');
    write_rest(out, reader, kind, from, false)
}

/// Writes the stanza whose start tag was just entered as coming from `from`; everything else stays as it is.
pub(crate) fn readdress(
    out: &mut String,
    reader: &mut Reader<'_>,
    kind: Kind,
    from: &str,
) -> Result<(), XmlError> {
    out.push('<');
    out.push_str(kind.as_str());
    write_rest(out, reader, kind, from, true)
}

fn write_rest(
    out: &mut String,
    reader: &mut Reader<'_>,
    kind: Kind,
    from: &str,
    keeps_to: bool,
) -> Result<(), XmlError> {
    attribute(out, "from", from);
    for one in reader.attributes() {
        match (one.prefix, one.local) {
            (None, "from") => {}
            (None, "to") if !keeps_to => {}
            (None, local) => attribute(out, local, &one.value),
            (Some("xml"), local) => {
                out.push_str(" xml:");
                out.push_str(local);
                out.push_str("='");
                escaped(out, &one.value);
                out.push('\'');
            }
            // The prefix is declared on a tag that is written anew; no extension puts attributes there.
            (Some(_), _) => {}
        }
    }
    out.push('>');
    // What belongs to the stanza itself is in the namespace of the stream, whichever that is where it goes: clients and components have their own.
    let inner = reader.inner_in(namespace::CLIENT)?;
    out.push_str(&inner);
    close(out, kind);
    Ok(())
}
