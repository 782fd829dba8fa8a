//! Values as XML: one element each, written by straight-line code and read back without copying more than the value keeps.
//!
//! Knows how a value becomes an element and an element a value, and the Atom entry around it. Does not know nodes, actions or transport.

pub mod base64;
pub mod display;
pub(crate) mod entry;
mod error;
mod json;
mod scalars;
mod text;
mod timestamp;

use pubsub_xml::Reader;

pub(crate) use self::entry::encode_with_head;
pub use self::entry::{ATOM, STAMP, decode, encode, encode_text, encode_xml};
pub use self::error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, TextError};
pub use self::json::JSON;
#[cfg(feature = "json")]
pub use self::json::Json;
#[doc(hidden)]
pub use self::json::{read_json, write_json};
pub use self::text::{Escape, Text};
use crate::schema::{Schema, Shape};

/// A value that is the content of one XML element: what `#[derive(Payload)]` and `#[derive(Publish)]` write for you.
///
/// The element itself is opened and closed by whoever holds the value: an entry calls it by [`NAME`](Self::NAME) in [`NAMESPACE`](Self::NAMESPACE),
/// a field by the field's name, in the namespace around it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a payload",
    label = "cannot be written as an XML element",
    note = "add `#[derive(Payload)]` to `{Self}`; for a single value that is text, leave `#[publish(child)]` out",
    note = "if it is an alias of `Option<_>` or of a collection: write the type out, a derive cannot see through aliases"
)]
pub trait Payload: Sized {
    /// The local name of the element when the value is the root of a payload.
    const NAME: &'static str;
    /// The namespace of that element.
    const NAMESPACE: &'static str;
    /// What the element holds.
    const SHAPE: Shape;
    /// The three of them together.
    const SCHEMA: &'static Schema = &Schema {
        name: Self::NAME,
        namespace: Self::NAMESPACE,
        shape: Self::SHAPE,
    };

    /// Writes the attributes of the element, each with a space before it.
    ///
    /// # Errors
    ///
    /// When a field cannot be written as XML.
    fn write_attributes(&self, out: &mut String) -> Result<(), EncodeError> {
        let _ = out;
        Ok(())
    }

    /// Writes what stands between the tags of the element.
    ///
    /// # Errors
    ///
    /// When a field cannot be written as XML.
    fn write_content(&self, out: &mut String) -> Result<(), EncodeError>;

    /// Reads the value from the element that was entered last, and leaves that element.
    ///
    /// Children in another namespace than `namespace`, and those with unknown names, are passed over.
    ///
    /// # Errors
    ///
    /// When the XML is broken, or is not such a value.
    fn read(reader: &mut Reader<'_>, namespace: &str) -> Result<Self, DecodeError>;
}

impl<T: Payload> Payload for Box<T> {
    const NAME: &'static str = T::NAME;
    const NAMESPACE: &'static str = T::NAMESPACE;
    const SHAPE: Shape = T::SHAPE;

    fn write_attributes(&self, out: &mut String) -> Result<(), EncodeError> {
        T::write_attributes(self, out)
    }

    fn write_content(&self, out: &mut String) -> Result<(), EncodeError> {
        T::write_content(self, out)
    }

    fn read(reader: &mut Reader<'_>, namespace: &str) -> Result<Self, DecodeError> {
        T::read(reader, namespace).map(Self::new)
    }
}
