//! The text of an argument as a value of a field.
//!
//! Pure. Takes what Django takes: `true` and `True`, `None` for a missing value, times with and without a zone.

use std::borrow::Cow;
use std::time::SystemTime;

use pubsub_core::payload::{Escape, Text as _};
use pubsub_core::schema::ValueKind;
use pubsub_core::store::Value;

use super::refusal::Refusal;

/// Whether the text stands for a missing value.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(text, "nil" | "none" | "None")
}

/// The value that a text means.
pub(super) fn value(kind: &ValueKind, text: &str) -> Result<Value, Refusal> {
    if is_nothing(text) {
        return Ok(Value::Null);
    }
    let value = match kind {
        ValueKind::Text | ValueKind::Choice(_) => Some(text.to_owned()),
        ValueKind::Bool => {
            return match text {
                "true" | "True" | "1" => Ok(Value::Bool(true)),
                "false" | "False" | "0" => Ok(Value::Bool(false)),
                _ => Err(Refusal::mismatched()),
            };
        }
        ValueKind::Integer { .. } => whole(text),
        ValueKind::Float { .. } => {
            let number = f64::read_text(Cow::Borrowed(text));
            return number.map(Value::Real).map_err(|_| Refusal::mismatched());
        }
        ValueKind::Timestamp => time(text),
        ValueKind::Uuid => {
            // In whichever of its spellings.
            let plain: String = text.chars().filter(|letter| *letter != '-').collect();
            let is_uuid = plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_uuid.then(|| hyphenated(&plain.to_ascii_lowercase()))
        }
        _ => None,
    };
    let value = value.ok_or_else(Refusal::mismatched)?;
    Ok(Value::Text(value.into()))
}

/// The first moment of a year, and that of the next.
pub(super) fn year(kind: &ValueKind, text: &str) -> Option<(Value, Value)> {
    let year: u16 = text.parse().ok().filter(|year| (1..=9998).contains(year))?;
    let first = |year: u16| Value::Text(format!("{year:04}-01-01T00:00:00Z").into());
    (*kind == ValueKind::Timestamp).then(|| (first(year), first(year + 1)))
}

/// The digits of a whole number, of any size.
fn whole(text: &str) -> Option<String> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.trim_start_matches('+').to_owned())
}

/// A point in time in the one spelling of payloads: of RFC 3339, a date alone, or without a zone, which then is UTC.
fn time(text: &str) -> Option<String> {
    let text = text.trim_ascii();
    let mut spelled = text.to_owned();
    if text.len() == 10 {
        spelled.push_str("T00:00:00Z");
    } else {
        // A `+` that was not encoded has become a space.
        if let Some((before, zone)) = text.rsplit_once(' ')
            && before.len() > 10
            && zone.len() == 5
        {
            spelled = format!("{before}+{zone}");
        }
        let zone = spelled.get(19..).unwrap_or_default();
        if !zone.contains(['Z', 'z', '+', '-']) {
            spelled.push('Z');
        }
    }
    let moment = SystemTime::read_text(Cow::Owned(spelled)).ok()?;
    let mut canonical = String::new();
    moment.write_text(&mut canonical, Escape::Plain).ok()?;
    Some(canonical)
}

fn hyphenated(digits: &str) -> String {
    let mut hyphenated = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            hyphenated.push('-');
        }
        hyphenated.push(digit);
    }
    hyphenated
}

#[cfg(test)]
mod tests {
    use pubsub_core::schema::ValueKind;
    use pubsub_core::store::Value;

    use super::{value, year};

    fn check<'v>(kind: &ValueKind, text: &str, expected: impl Into<Option<&'v Value>>) {
        let read = value(kind, text).ok();
        assert_eq!(read.as_ref(), expected.into(), "{kind:?} {text}");
    }

    #[test]
    fn texts_are_values_of_their_kind_or_none() {
        let whole = ValueKind::Integer {
            bits: 64,
            signed: true,
        };
        let text = |text: &str| Value::from(text);
        check(&whole, "5", &text("5"));
        check(&whole, " +5", &text("5"));
        check(
            &whole,
            "-99999999999999999999999",
            &text("-99999999999999999999999"),
        );
        for wrong in ["", "x", "1.5", "true", "--1"] {
            check(&whole, wrong, None);
        }
        let real = ValueKind::Float { bits: 64 };
        check(&real, "1.5", &Value::Real(1.5));
        check(&real, "1e999", &Value::Real(f64::INFINITY));
        check(&real, "x", None);
        check(&ValueKind::Bool, "True", &Value::Bool(true));
        check(&ValueKind::Bool, "false", &Value::Bool(false));
        check(&ValueKind::Bool, "yes", None);
        check(&ValueKind::Text, "true", &text("true"));
        check(&ValueKind::Text, "", &text(""));
        for nothing in ["nil", "none", "None"] {
            check(&ValueKind::Text, nothing, &Value::Null);
            check(&whole, nothing, &Value::Null);
        }
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        check(&ValueKind::Uuid, uuid, &text(uuid));
        check(
            &ValueKind::Uuid,
            "67E5504410B1426F9247BB680E5FE0C8",
            &text(uuid),
        );
        check(&ValueKind::Uuid, "67e55044", None);
        check(&ValueKind::Json, "1", None);
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (given, expected) in [
            ("2012-07-01", "2012-07-01T00:00:00Z"),
            ("2012-07-01T10:00:00", "2012-07-01T10:00:00Z"),
            ("2012-07-01 10:00:00.5", "2012-07-01T10:00:00.5Z"),
            ("2012-07-01T10:00:00Z", "2012-07-01T10:00:00Z"),
            ("2012-07-01T10:00:00+02:00", "2012-07-01T08:00:00Z"),
            ("2012-07-01T10:00:00 02:00", "2012-07-01T08:00:00Z"),
            ("2012-07-01T10:00:00-02:00", "2012-07-01T12:00:00Z"),
        ] {
            check(&ValueKind::Timestamp, given, &Value::from(expected));
        }
        for wrong in [
            "",
            "yesterday",
            "2012",
            "2012-13-01",
            "2012-07-01T",
            "2012-07-01T10:00:00é",
            "ééééé",
        ] {
            check(&ValueKind::Timestamp, wrong, None);
        }
        let (first, next) = year(&ValueKind::Timestamp, "2012").unwrap();
        assert_eq!(first, "2012-01-01T00:00:00Z".into());
        assert_eq!(next, "2013-01-01T00:00:00Z".into());
        assert_eq!(year(&ValueKind::Timestamp, "0"), None);
        assert_eq!(year(&ValueKind::Text, "2012"), None);
    }
}
