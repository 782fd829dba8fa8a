//! A value of a column or of a filter, without the type it had in Rust.
//!
//! Knows what plain types become. Does not know columns: what may be compared with what is said where a query is carried out.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use crate::name::ItemId;
use crate::payload::{Escape, Text};

/// One value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// Anything else; the digits of a whole number that does not fit, too.
    Text(Cow<'static, str>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

macro_rules! small_integers {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

small_integers!(i8 i16 i32 i64 u8 u16 u32);

macro_rules! large_integers {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                match value.try_into() {
                    Ok(fits) => Self::Integer(fits),
                    Err(_) => Self::Text(value.to_string().into()),
                }
            }
        }
    )*};
}

large_integers!(u64 i128 u128 isize usize);

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<f32> for Value {
    /// The number that is written the same, as a payload does it: `0.1_f32` is `0.1`.
    fn from(value: f32) -> Self {
        let mut buffer = ryu::Buffer::new();
        let written = buffer.format(value).parse();
        Self::Real(written.unwrap_or_else(|_| value.into()))
    }
}

macro_rules! texts {
    ($($type:ty: $value:ident => $text:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::Text(Cow::Owned($text))
            }
        }
    )*};
}

texts! {
    &str: value => value.to_owned();
    String: value => value;
    &String: value => value.clone();
    Cow<'_, str>: value => value.into_owned();
    Box<str>: value => value.into();
    Arc<str>: value => (*value).to_owned();
    char: value => value.into();
    &ItemId: value => value.as_str().to_owned();
    Uuid: value => value.hyphenated().to_string();
    SystemTime: value => spelled(value);
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// As a payload spells it. A time that has no such spelling is compared with nothing, and a query says so.
fn spelled(time: SystemTime) -> String {
    let mut text = String::new();
    match time.write_text(&mut text, Escape::Plain) {
        Ok(()) => text,
        Err(error) => error.to_string(),
    }
}
