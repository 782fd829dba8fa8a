//! Writing a value as text: its own way if it has one, that of `xso` if it has that.
//!
//! Knows how the compiler looks for a method: by value, then by `&`, then by `&mut`. [`WriteLeaf`] has one impl for each, so the best way that a
//! type has is taken, and a type that has none gets one message which says what to do.

use xso::{AsXmlText, FromXmlText};

use crate::payload::{EncodeError, Escape, Text, TextError};

/// A value to be written as text.
#[derive(Debug)]
pub struct Leaf<'a, T>(pub &'a T);

/// Writes a [`Leaf`].
pub trait WriteLeaf: Sized {
    /// Appends the text, escaped for its place, whatever field it belongs to.
    fn write_bare(self, out: &mut String, escape: Escape) -> Result<(), TextError>
    where
        Self: HasText;

    /// Appends the text of a field, escaped for its place.
    #[inline]
    fn write(self, out: &mut String, field: &str, escape: Escape) -> Result<(), EncodeError>
    where
        Self: HasText,
    {
        match self.write_bare(out, escape) {
            Ok(()) => Ok(()),
            Err(error) => Err(EncodeError::text(field, error)),
        }
    }
}

/// Whether there is a text at all. Asked of the method rather than of the impl, so that the answer `no` is told in our words.
pub trait HasText {}

impl<T> HasText for Leaf<'_, T> {}
impl<T> HasText for &Leaf<'_, T> {}
impl<T: Text> HasText for &mut Leaf<'_, T> {}

/// The type has a text of its own.
impl<T: Text> WriteLeaf for Leaf<'_, T> {
    #[inline]
    fn write_bare(self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        self.0.write_text(out, escape)
    }
}

/// The type has a text that the XMPP libraries know. Both ways: what could be written but not read would be lost.
impl<T: AsXmlText + FromXmlText> WriteLeaf for &Leaf<'_, T> {
    fn write_bare(self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        let text = self.0.as_xml_text().map_err(TextError::invalid)?;
        escape.push(out, &text)
    }
}

/// The type has no text, and the program does not compile.
impl<T> WriteLeaf for &mut Leaf<'_, T> {
    fn write_bare(self, _: &mut String, _: Escape) -> Result<(), TextError> {
        Ok(())
    }
}

/// Writes what the module named by `#[publish(with = module)]` made of a value.
#[inline]
pub fn write_converted(
    text: &str,
    out: &mut String,
    field: &str,
    escape: Escape,
) -> Result<(), EncodeError> {
    escape
        .push(out, text)
        .map_err(|error| EncodeError::text(field, error))
}
