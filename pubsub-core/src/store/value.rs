//! A value of a column or of a filter, without the type it had in Rust.

use std::borrow::Cow;

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
    /// Anything else.
    Text(Cow<'static, str>),
}
