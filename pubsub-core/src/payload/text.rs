//! Values that are one piece of text, and how that text is escaped where it stands.
//!
//! Knows text. Does not know elements; which impl covers which type is in `scalars` and `timestamp`.

use std::borrow::Cow;

use pubsub_xml::{escape_attribute, escape_text};

use super::error::TextError;
use crate::schema::Kind;

/// Where text is being written, and so what must be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Inside an element.
    Element,
    /// Inside a quoted attribute value.
    Attribute,
    /// Outside XML: ids, names of channels.
    Plain,
}

impl Escape {
    /// Appends text, escaped for its place.
    ///
    /// # Errors
    ///
    /// When the text holds a character that XML forbids; nothing is appended then.
    #[inline]
    pub fn push(self, out: &mut String, text: &str) -> Result<(), TextError> {
        match self {
            Self::Element => escape_text(out, text)?,
            Self::Attribute => escape_attribute(out, text)?,
            Self::Plain => out.push_str(text),
        }
        Ok(())
    }
}

/// A value that is written as text: the content of an element, an attribute, an id, a part of a channel's name.
///
/// Numbers, strings, `bool`, addresses, [`SystemTime`](std::time::SystemTime), [`Uuid`](uuid::Uuid) and JIDs have it; enums whose variants carry
/// no data and structs around one such value get it from `#[derive(Payload)]`. A type which has `xso`'s `AsXmlText` and `FromXmlText` can
/// stand wherever this trait is asked for in a derived model.
///
/// ```
/// use std::borrow::Cow;
///
/// use pubsub_core::payload::{Escape, Text, TextError};
/// use pubsub_core::schema::Kind;
///
/// struct Celsius(f64);
///
/// impl Text for Celsius {
///     const KIND: Kind = Kind::Text;
///
///     fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
///         escape.push(out, &format!("{} °C", self.0))
///     }
///
///     fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
///         let number = text.strip_suffix(" °C").ok_or_else(|| TextError::invalid("no °C at the end"))?;
///         number.parse().map(Celsius).map_err(TextError::invalid)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as text",
    label = "not a text value",
    note = "if `{Self}` is a struct or an enum with data: derive `Payload` for it and mark the field `#[publish(child)]`",
    note = "if it is an enum without data, or a struct around one text value: derive `Payload` for it",
    note = "if it has xso's `AsXmlText`: it needs `FromXmlText` as well",
    note = "if it is someone else's type: name a module that converts it, `#[publish(with = module)]`",
    note = "if it is an alias of `Option<_>` or of a collection: write the type out, a derive cannot see through aliases"
)]
pub trait Text: Sized {
    /// What the text is, for schemas.
    const KIND: Kind;

    /// Appends the value, escaped for its place by [`Escape::push`].
    ///
    /// # Errors
    ///
    /// When the value has no text that XML can carry.
    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError>;

    /// Takes the value from its text, references already resolved.
    ///
    /// # Errors
    ///
    /// When the text is not a value of this type.
    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError>;
}
