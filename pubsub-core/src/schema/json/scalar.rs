//! A text of a payload as a value of JSON.
//!
//! Knows what each kind becomes, and refuses what is no value of the kind. Does not know where the text stood.

use std::borrow::Cow;
use std::time::SystemTime;

use super::copy::{Numbers, copy};
use super::number;
use super::string::push_string;
use crate::payload::{Escape, Text as _, TextError};
use crate::schema::outline::ValueKind;

/// Writes a value.
///
/// # Errors
///
/// When the text is no value of the kind.
pub(super) fn push(
    kind: &ValueKind,
    text: Cow<'_, str>,
    out: &mut String,
) -> Result<(), TextError> {
    match kind {
        ValueKind::Integer { bits, signed } => number::integer(&text, *bits, *signed, out),
        ValueKind::Float { bits } => number::float(&text, *bits, out),
        ValueKind::Bool => {
            out.push_str(if bool::read_text(text)? {
                "true"
            } else {
                "false"
            });
            Ok(())
        }
        ValueKind::Json => copy(&text, Numbers::Exact, out, |_| {}).map_err(TextError::invalid),
        _ => {
            push_string(out, &plain(kind, text)?);
            Ok(())
        }
    }
}

/// The one spelling of a value that is told as a string: as the name of a member, in a URI, or because it is text.
///
/// # Errors
///
/// When the text is no value of the kind.
pub(super) fn plain<'x>(kind: &ValueKind, text: Cow<'x, str>) -> Result<Cow<'x, str>, TextError> {
    match kind {
        ValueKind::Text | ValueKind::Json | ValueKind::Nested(_) => Ok(text),
        ValueKind::Integer { bits, signed } => {
            Ok(number::plain(&text, *bits, *signed)?.into_owned().into())
        }
        ValueKind::Float { .. } => {
            let mut spelled = String::new();
            push(kind, text, &mut spelled)?;
            Ok(spelled.trim_matches('"').to_owned().into())
        }
        ValueKind::Bool => Ok(if bool::read_text(text)? {
            "true"
        } else {
            "false"
        }
        .into()),
        ValueKind::Timestamp => {
            let mut spelled = String::with_capacity(30);
            SystemTime::read_text(text)?.write_text(&mut spelled, Escape::Plain)?;
            Ok(spelled.into())
        }
        ValueKind::Uuid => {
            let mut spelled = String::with_capacity(36);
            uuid::Uuid::read_text(text)?.write_text(&mut spelled, Escape::Plain)?;
            Ok(spelled.into())
        }
        ValueKind::Choice(words) => {
            if words.iter().any(|word| *word == text) {
                Ok(text)
            } else {
                Err(TextError::invalid("it is none of the known words"))
            }
        }
    }
}
