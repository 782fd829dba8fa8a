//! Writing a value as text: its own way if it has one, that of `xso` if it has that.
//!
//! Knows how the compiler looks for a method: by value, then by `&`, then by `&mut`. The three traits below are found in that order, so the best
//! one a type has is called, and a type that has none gets one message that says what to do.

use xso::AsXmlText;

use crate::payload::{EncodeError, Escape, Text, TextError};

/// A value to be written as text.
#[derive(Debug)]
pub struct Leaf<'a, T: ?Sized>(pub &'a T);

/// The type has a text of its own.
pub trait TextLeaf {
    /// Writes it.
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError>;
}

impl<T: Text> TextLeaf for Leaf<'_, T> {
    #[inline]
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError> {
        match self.0.write_text(out, escape) {
            Ok(()) => Ok(()),
            Err(error) => Err(EncodeError::text(field, error)),
        }
    }
}

/// The type has a text that the XMPP libraries know.
pub trait ForeignLeaf {
    /// Writes it.
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError>;
}

impl<T: AsXmlText> ForeignLeaf for &Leaf<'_, T> {
    #[inline]
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError> {
        let text = self.0.as_xml_text().map_err(TextError::invalid);
        match text.and_then(|text| escape.push(out, &text)) {
            Ok(()) => Ok(()),
            Err(error) => Err(EncodeError::text(field, error)),
        }
    }
}

/// The type has no text.
pub trait NotALeaf {
    /// The type.
    type Value;

    /// Never compiles; the bound carries the message.
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError>
    where
        Self::Value: Text;
}

impl<T> NotALeaf for &mut Leaf<'_, T> {
    type Value = T;

    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError>
    where
        T: Text,
    {
        Leaf(self.0).write(out, field, escape)
    }
}

/// Writes what the module named by `#[publish(with = module)]` made of a value.
#[inline]
pub fn converted(text: &str, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError> {
    escape.push(out, text).map_err(|error| EncodeError::text(field, error))
}
