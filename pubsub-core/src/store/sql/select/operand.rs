//! What a field is compared with: a value of the field's kind, or one that lies beyond all of them.
//!
//! Knows which values make sense for which kind. Everything that databases would convert, each in its way, is converted here.

use std::borrow::Cow;

use super::{Target, refused};
use crate::store::split::read;
use crate::store::{Column, ColumnKind, StoreError, Value};

/// What is on the other side of a comparison.
pub(super) enum Operand {
    /// A missing value.
    Missing,
    /// A value such as the column has.
    Exactly(Value),
    /// A number smaller than any that the column can hold.
    Below,
    /// A number larger than any that the column can hold.
    Above,
}

impl Target<'_> {
    pub(super) fn operand(&self, column: &Column, value: &Value) -> Result<Operand, StoreError> {
        let operand = match (column.kind, value) {
            (_, Value::Null) => Some(Operand::Missing),
            (ColumnKind::Bool, Value::Bool(_)) | (ColumnKind::Real, Value::Real(_)) => {
                Some(Operand::Exactly(value.clone()))
            }
            (ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::WideInteger, value) => {
                whole(column.kind, value)
            }
            #[allow(
                clippy::cast_precision_loss,
                reason = "the nearest number is meant, as in Rust"
            )]
            (ColumnKind::Real, Value::Integer(number)) => {
                Some(Operand::Exactly(Value::Real(*number as f64)))
            }
            (ColumnKind::Text, Value::Text(text)) => {
                Some(Operand::Exactly(Value::Text(self.text(column, text)?)))
            }
            (ColumnKind::Real | ColumnKind::Time, Value::Text(text)) => {
                match read(column.kind, Cow::Borrowed(text)) {
                    Value::Null => None,
                    value => Some(Operand::Exactly(value)),
                }
            }
            _ => None,
        };
        operand.ok_or_else(|| {
            refused(format!(
                "`{}.{}` can be compared with {}, not with {}",
                self.name(),
                column.field,
                wanted(column.kind),
                given(value)
            ))
        })
    }

    /// A text that a database takes.
    pub(super) fn text(
        &self,
        column: &Column,
        text: &str,
    ) -> Result<Cow<'static, str>, StoreError> {
        if text.contains('\0') {
            return Err(refused(format!(
                "`{}.{}` cannot be compared with a text that holds U+0000",
                self.name(),
                column.field
            )));
        }
        Ok(Cow::Owned(text.to_owned()))
    }

    /// The text to look for in a field.
    pub(super) fn sought(
        &self,
        column: &Column,
        text: &str,
    ) -> Result<Cow<'static, str>, StoreError> {
        if column.kind != ColumnKind::Text {
            return Err(refused(format!(
                "`{}.{}` is no text to search in; it can be compared with {}",
                self.name(),
                column.field,
                wanted(column.kind)
            )));
        }
        self.text(column, text)
    }
}

/// A whole number, however it was given.
fn whole(kind: ColumnKind, value: &Value) -> Option<Operand> {
    let text: Cow<'_, str> = match value {
        Value::Integer(number) => number.to_string().into(),
        // Its decimal form is exact.
        Value::Real(number) if number.is_finite() && number.fract() == 0.0 => {
            format!("{number:.0}").into()
        }
        Value::Text(text) => text.trim_ascii().into(),
        _ => return None,
    };
    let unsigned = text.trim_start_matches(['-', '+']);
    let is_number = !unsigned.is_empty()
        && unsigned.bytes().all(|byte| byte.is_ascii_digit())
        && text.len() - unsigned.len() <= 1;
    if !is_number {
        return None;
    }
    // `-0` is zero, which a number without a sign can be.
    let is_negative = text.starts_with('-') && unsigned.bytes().any(|digit| digit != b'0');
    let text = if is_negative { &*text } else { unsigned };
    Some(match read(kind, Cow::Borrowed(text)) {
        Value::Null if is_negative => Operand::Below,
        Value::Null => Operand::Above,
        value => Operand::Exactly(value),
    })
}

fn wanted(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Bool => "true or false",
        ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::WideInteger => "a whole number",
        ColumnKind::Real => "a number",
        ColumnKind::Time => "a time of the years 1 to 9999 such as 2024-02-29T12:30:00Z",
        ColumnKind::Text => "a text",
    }
}

fn given(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Integer(value) => format!("the number {value}"),
        Value::Real(value) => format!("the number {value:?}"),
        Value::Text(text) => {
            let start: String = text.chars().take(40).collect();
            format!("the text {start:?}")
        }
    }
}
