//! A text as the value of a column, in the one spelling in which it is kept and compared.
//!
//! Knows kinds and spellings. Does not know payloads or queries, which both ask here.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::payload::{Escape, Text};
use crate::store::{ColumnKind, Value};

/// The value that a text means in such a column; [`Value::Null`] when it means none.
pub(crate) fn read(kind: ColumnKind, text: Cow<'_, str>) -> Value {
    match kind {
        ColumnKind::Text => Value::Text(Cow::Owned(text.into_owned())),
        ColumnKind::Bool => bool::read_text(text).map_or(Value::Null, Value::Bool),
        ColumnKind::Integer => i64::read_text(text).map_or(Value::Null, Value::Integer),
        ColumnKind::BigInteger => match u128::read_text(text) {
            Ok(number) => number.into(),
            Err(_) => Value::Null,
        },
        ColumnKind::WideInteger => match i128::read_text(text) {
            Ok(number) => number.into(),
            Err(_) => Value::Null,
        },
        ColumnKind::Real => f64::read_text(text).map_or(Value::Null, Value::Real),
        ColumnKind::Time => match time(&text) {
            Some(text) => Value::Text(text.into()),
            None => Value::Null,
        },
    }
}

/// The length of the whole seconds, `2024-02-29T12:30:00`, and of what follows at most: `.123456789Z`.
const SECONDS: usize = 19;
const ALL: usize = SECONDS + 11;

/// A time with all nine digits of its second's fraction.
fn time(text: &str) -> Option<String> {
    if let Some(padded) = padded(text) {
        return Some(padded);
    }
    let mut canonical = String::with_capacity(ALL);
    let time = SystemTime::read_text(Cow::Borrowed(text)).ok()?;
    time.write_text(&mut canonical, Escape::Plain).ok()?;
    padded(&canonical)
}

/// The same for a time that is spelled as payloads do, in UTC.
fn padded(text: &str) -> Option<String> {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00";
    let (seconds, rest) = text.split_at_checked(SECONDS)?;
    let is_plain = seconds
        .bytes()
        .zip(PATTERN)
        .all(|(byte, pattern)| match pattern {
            b'0' => byte.is_ascii_digit(),
            mark => byte == *mark,
        });
    let fraction = rest.strip_suffix('Z')?;
    let fraction = match fraction.strip_prefix('.') {
        Some(digits) => digits,
        None if fraction.is_empty() => "",
        None => return None,
    };
    let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || !is_fraction {
        return None;
    }
    let mut padded = String::with_capacity(ALL);
    padded.push_str(seconds);
    padded.push('.');
    padded.push_str(fraction);
    for _ in fraction.len()..9 {
        padded.push('0');
    }
    padded.push('Z');
    Some(padded)
}
