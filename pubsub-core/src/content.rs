//! What can be published to a node by name, without a model: text, XML, or anything that derives `Payload`.
//!
//! Knows how each becomes the payload of an item. Does not know nodes.

use pubsub_xml::Reader;

use crate::change::Stamp;
use crate::payload::{EncodeError, EncodeErrorKind, Payload, entry};

/// XML to be published as it is: one element, complete in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xml<'a>(pub &'a str);

/// Something that can be the payload of an item.
///
/// Text becomes the text of an Atom entry, as with django-pubsub's `publish`; a [`Payload`] stands in an entry as a
/// saved model does; [`Xml`] is the payload itself, in an entry only if it says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be published to a node",
    note = "publish a `&str`, `Xml(...)`, or a reference to a type that derives `Payload` or `Publish`"
)]
pub trait Content {
    /// Writes the payload, with the stamp where it has room for one.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when XML cannot carry it, or when it is not XML.
    fn write(&self, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError>;

    /// Whether the payload has room for a stamp.
    fn takes_stamp(&self) -> bool {
        true
    }
}

impl Content for &str {
    fn write(&self, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
        entry::encode_text(self, stamp, out)
    }
}

impl Content for String {
    fn write(&self, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
        entry::encode_text(self, stamp, out)
    }
}

impl<P: Payload> Content for &P {
    fn write(&self, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
        entry::encode(*self, stamp, out)
    }
}

impl Content for Xml<'_> {
    fn write(&self, _: &Stamp, out: &mut String) -> Result<(), EncodeError> {
        let mut reader = Reader::new(self.0);
        let read = reader.root().and_then(|_| reader.raw());
        let element = read.and_then(|element| reader.finish().map(|()| element));
        out.push_str(&element.map_err(|error| {
            EncodeError::new(
                "payload",
                EncodeErrorKind::Invalid(format!(
                    "it is not one well-formed XML element ({error})"
                )),
            )
        })?);
        Ok(())
    }

    /// It is sent as it is.
    fn takes_stamp(&self) -> bool {
        false
    }
}
