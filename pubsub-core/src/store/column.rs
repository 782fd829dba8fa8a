//! Which columns the table of a model has: one for each field that has a single value, made of the model's schema.
//!
//! Knows names and kinds. Does not know SQL types, which differ between databases, nor values.

use crate::registry::Descriptor;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of at most 64 bits with a sign.
    Integer,
    /// A whole number that may be larger.
    BigInteger,
    /// A floating-point number.
    Real,
    /// Text, and whatever is spelled as text: timestamps, UUIDs, words of an enum.
    Text,
}

impl ColumnKind {
    /// The word that stands for it where a store notes the columns it has made.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::BigInteger => "big",
            Self::Real => "real",
            Self::Text => "text",
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name: that of the field in Rust; of a field that stands inline, both names joined by `_`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// The names in XML on the way to the value, from the payload's element inwards. Only an inlined group adds none.
    pub(crate) path: ColumnPath,
}

/// Where in a payload the value of a column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnPath {
    /// The name of the element or attribute.
    pub(crate) name: &'static str,
    /// Whether it is an attribute of the payload's element.
    pub(crate) is_attribute: bool,
}

/// The columns of a model, in the order of its fields.
#[must_use]
pub fn columns(model: &Descriptor) -> Vec<Column> {
    let _ = model;
    Vec::new()
}
