//! Any type that reads the text it prints: name this module in `#[publish(with = pubsub_core::payload::display)]`.
//!
//! Knows `Display` and `FromStr`. Does not know whether they agree: for a type whose text does not read back, write a module that does.

use std::fmt::Display;
use std::str::FromStr;

/// What the value prints.
#[must_use]
pub fn to_text<T: Display>(value: &T) -> String {
    value.to_string()
}

/// The value that was printed.
///
/// # Errors
///
/// What the type says of a text that it does not print.
pub fn from_text<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
}
