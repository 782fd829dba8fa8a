//! The row format of Django's XML serialiser, for models that its clients read.
//!
//! Knows `<object/>` and `<field/>` and the names Django has for kinds of fields. Does not know the entry around them.

use std::borrow::Cow;

use pubsub_xml::{Event, Reader};

use super::child::next_child;
use crate::payload::{DecodeError, DecodeErrorKind};
use crate::schema::Kind;

/// Starts a field: its name, and the type Django would give it. Tells where its text begins.
pub fn open_field(out: &mut String, name: &str, kind: &Kind) -> usize {
    out.push_str("<field name=\"");
    out.push_str(name);
    out.push_str("\" type=\"");
    out.push_str(field_type(kind));
    out.push_str("\">");
    out.len()
}

/// Ends a field. Django writes `True` and `False` as Python does.
pub fn close_field(out: &mut String, text: usize, kind: &Kind) {
    if matches!(kind, Kind::Bool) {
        let capital = match out.get(text..) {
            Some("true") => "T",
            Some("false") => "F",
            _ => "",
        };
        if !capital.is_empty() {
            out.replace_range(text..=text, capital);
        }
    }
    out.push_str("</field>");
}

const fn field_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Integer {
            bits: 0..=16,
            signed: true,
        } => "SmallIntegerField",
        Kind::Integer {
            bits: 17..=32,
            signed: true,
        } => "IntegerField",
        Kind::Integer {
            bits: 0..=16,
            signed: false,
        } => "PositiveSmallIntegerField",
        Kind::Integer {
            bits: 17..=32,
            signed: false,
        } => "PositiveIntegerField",
        Kind::Integer { signed: true, .. } => "BigIntegerField",
        Kind::Integer { signed: false, .. } => "PositiveBigIntegerField",
        Kind::Float { .. } => "FloatField",
        Kind::Bool => "BooleanField",
        Kind::Timestamp => "DateTimeField",
        Kind::Uuid => "UUIDField",
        Kind::Text | Kind::Choice(_) | Kind::Nested(_) | Kind::Json => "CharField",
    }
}

/// Enters the row.
pub fn enter_row(reader: &mut Reader<'_>, namespace: &str) -> Result<(), DecodeError> {
    while let Some(name) = next_child(reader, namespace)? {
        if name == "object" {
            return Ok(());
        }
        reader.skip()?;
    }
    Err(DecodeError::new("object", DecodeErrorKind::Missing))
}

/// Enters the next field of the row and tells its name; `None` when the row, and all around it, is left.
pub fn next_field<'x>(
    reader: &mut Reader<'x>,
    namespace: &str,
) -> Result<Option<Cow<'x, str>>, DecodeError> {
    while let Some(name) = next_child(reader, namespace)? {
        if let Some(field) = reader.attribute("name").filter(|_| name == "field") {
            return Ok(Some(field));
        }
        reader.skip()?;
    }
    reader.skip()?;
    Ok(None)
}

/// The text of the current field; `None` when it holds `<None/>`.
pub fn nullable<'x>(reader: &mut Reader<'x>) -> Result<Option<Cow<'x, str>>, DecodeError> {
    let mut ahead = reader.clone();
    loop {
        match ahead.event()? {
            Event::Text(_) => {}
            Event::Start(name) if name.local == "None" => {
                reader.skip()?;
                return Ok(None);
            }
            Event::Start(_) | Event::End | Event::Eof => return Ok(Some(reader.text()?)),
        }
    }
}
