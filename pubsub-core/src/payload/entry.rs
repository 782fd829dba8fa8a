//! The Atom entry around a payload, and the stamp of the sender in it.
//!
//! Knows `<entry/>`, `<title/>`, `<updated/>` and `<change/>`. Does not know what is in the payload, nor the item and stanza around the entry.

use pubsub_xml::{Event, Reader, escape_attribute};

use super::Payload;
use super::error::{DecodeError, DecodeErrorKind, EncodeError, TextError};
use super::text::Escape;
use crate::change::Stamp;

/// The namespace of `<entry/>`.
pub const ATOM: &str = "http://www.w3.org/2005/Atom";
/// The namespace of `<change/>`.
pub const STAMP: &str = "urn:pubsub:change:1";

const OPEN: &str = "<entry xmlns=\"http://www.w3.org/2005/Atom\">";
const CLOSE: &str = "</entry>";

/// Writes a payload in its entry.
///
/// # Errors
///
/// When a field cannot be written as XML; `out` is then as it was.
pub fn encode<P: Payload>(payload: &P, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
    encode_with_head(payload, |_, _| Ok(()), stamp, out)
}

/// Writes an entry that holds nothing but text, as django-pubsub's `publish(node, "text")` does.
///
/// # Errors
///
/// When the text holds a character that XML forbids; `out` is then as it was.
pub fn encode_text(text: &str, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
    let before = out.len();
    out.push_str(OPEN);
    let written = Escape::Element
        .push(out, text)
        .map_err(|error| EncodeError::text("text", error))
        .and_then(|()| close(stamp, out));
    undone(written, out, before)
}

/// Writes an entry around one element given as XML, which must be complete in itself.
///
/// # Errors
///
/// When the stamp cannot be written, or the XML is not one well-formed element; `out` is then as it was.
pub fn encode_xml(xml: &str, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
    let mut reader = Reader::new(xml);
    let checked = reader
        .root()
        .and_then(|_| reader.skip())
        .and_then(|()| reader.finish());
    checked.map_err(|error| EncodeError::text("xml", TextError::invalid(error)))?;
    let before = out.len();
    out.push_str(OPEN);
    out.push_str(xml.trim_ascii());
    let written = close(stamp, out);
    undone(written, out, before)
}

/// Writes what `head` writes, the payload and the stamp in one entry.
pub(crate) fn encode_with_head<P: Payload>(
    payload: &P,
    head: fn(&P, &mut String) -> Result<(), EncodeError>,
    stamp: &Stamp,
    out: &mut String,
) -> Result<(), EncodeError> {
    let before = out.len();
    out.push_str(OPEN);
    let written = head(payload, out)
        .and_then(|()| element(payload, out))
        .and_then(|()| close(stamp, out));
    undone(written, out, before).map_err(|error| error.within(type_name::<P>()))
}

/// The type's own name, without its module and arguments: what its fields are said to be part of.
#[cold]
fn type_name<P>() -> &'static str {
    let path = std::any::type_name::<P>();
    let path = path.split_once('<').map_or(path, |(path, _)| path);
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

/// The element of a payload with its own name and namespace.
fn element<P: Payload>(payload: &P, out: &mut String) -> Result<(), EncodeError> {
    open(P::NAME, P::NAMESPACE, out)?;
    payload.write_attributes(out)?;
    out.push('>');
    payload.write_content(out)?;
    out.push_str("</");
    out.push_str(P::NAME);
    out.push('>');
    Ok(())
}

fn open(name: &str, namespace: &str, out: &mut String) -> Result<(), EncodeError> {
    out.push('<');
    out.push_str(name);
    // What stands in the entry's own namespace need not say so.
    if namespace != ATOM {
        out.push_str(" xmlns=\"");
        escape_attribute(out, namespace)
            .map_err(|error| EncodeError::text("namespace", error.into()))?;
        out.push('"');
    }
    Ok(())
}

fn close(stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
    if !stamp.is_empty() {
        out.push_str("<change xmlns=\"urn:pubsub:change:1\"");
        if let Some(sequence) = stamp.sequence {
            out.push_str(" seq=\"");
            out.push_str(itoa::Buffer::new().format(sequence));
            out.push('"');
        }
        if let Some(log) = &stamp.log {
            out.push_str(" log=\"");
            escape_attribute(out, log).map_err(|error| EncodeError::text("log", error.into()))?;
            out.push('"');
        }
        if let Some(action) = stamp.action {
            out.push_str(" action=\"");
            out.push_str(action.as_str());
            out.push('"');
        }
        if let Some(origin) = &stamp.origin {
            out.push_str(" origin=\"");
            escape_attribute(out, origin)
                .map_err(|error| EncodeError::text("origin", error.into()))?;
            out.push('"');
        }
        out.push_str("/>");
    }
    out.push_str(CLOSE);
    Ok(())
}

/// Writes the stamp into an entry that was written without one.
///
/// # Errors
///
/// When the stamp cannot be written; `out` is then as it was.
pub(crate) fn stamp_into(entry: &str, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
    let Some(open) = entry.strip_suffix(CLOSE) else {
        out.push_str(entry);
        return Ok(());
    };
    let before = out.len();
    out.push_str(open);
    undone(close(stamp, out), out, before)
}

fn undone(
    written: Result<(), EncodeError>,
    out: &mut String,
    before: usize,
) -> Result<(), EncodeError> {
    if written.is_err() {
        out.truncate(before);
    }
    written
}

/// Reads a payload and the stamp beside it from an entry; a bare payload without an entry is taken too, and has no stamp.
///
/// The entry may be in any namespace: django-pubsub's browser client writes it without one.
///
/// # Errors
///
/// When the XML is broken, there is no such payload in it, or the payload cannot be read.
pub fn decode<P: Payload>(xml: &str) -> Result<(P, Stamp), DecodeError> {
    let mut reader = Reader::new(xml);
    let root = reader.root()?;
    if root.is(P::NAME, P::NAMESPACE) && P::NAMESPACE != ATOM {
        let payload = P::read(&mut reader, P::NAMESPACE).map_err(|error| error.within(P::NAME))?;
        reader.finish()?;
        return Ok((payload, Stamp::default()));
    }
    if root.local != "entry" {
        return Err(DecodeError::new(P::NAME, DecodeErrorKind::NotAnEntry));
    }
    let inherited = root.namespace;
    let mut payload = None;
    let mut stamp = Stamp::default();
    while let Some(child) = reader.child()? {
        if payload.is_none()
            && child.local == P::NAME
            && belongs(&child.namespace, P::NAMESPACE, &inherited)
        {
            let read = P::read(&mut reader, &child.namespace);
            payload = Some(read.map_err(|error| error.within(P::NAME))?);
        } else if child.is("change", STAMP) {
            stamp = read_stamp(&mut reader)?;
        } else {
            reader.skip()?;
        }
    }
    reader.finish()?;
    match payload {
        Some(payload) => Ok((payload, stamp)),
        None => Err(DecodeError::new(P::NAME, DecodeErrorKind::NoPayload)),
    }
}

/// Reads the stamp alone. A payload that is no entry has none.
///
/// # Errors
///
/// When the XML is broken, or the stamp is.
pub(crate) fn stamp(xml: &str) -> Result<Stamp, DecodeError> {
    let mut reader = Reader::new(xml);
    let mut stamp = Stamp::default();
    if reader.root()?.local != "entry" {
        return Ok(stamp);
    }
    // An entry may hold text beside its elements.
    loop {
        match reader.event()? {
            Event::Start(child) if child.is("change", STAMP) => stamp = read_stamp(&mut reader)?,
            Event::Start(_) => reader.skip()?,
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(stamp),
        }
    }
}

/// Whether a child of the entry is in the namespace of the payload, or of the entry where the payload shares that.
fn belongs(namespace: &str, expected: &str, entry: &str) -> bool {
    namespace == expected || (expected == ATOM && namespace == entry)
}

fn read_stamp(reader: &mut Reader<'_>) -> Result<Stamp, DecodeError> {
    let mut stamp = Stamp::default();
    if let Some(sequence) = reader.attribute("seq") {
        stamp.sequence = Some(
            sequence
                .parse()
                .map_err(|error| DecodeError::invalid("change/seq", error))?,
        );
    }
    // An action of a later version is no reason to lose the payload.
    stamp.action = reader
        .attribute("action")
        .and_then(|action| action.parse().ok());
    stamp.log = reader.attribute("log").map(Into::into);
    stamp.origin = reader.attribute("origin").map(Into::into);
    reader.skip()?;
    Ok(stamp)
}
