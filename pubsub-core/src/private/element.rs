//! Writing a nested payload, and finding the children of an element.
//!
//! Knows the tags around a nested value. The two traits are found as those in `leaf` are.

use pubsub_xml::Reader;

use crate::payload::{DecodeError, EncodeError, Payload};

/// A value to be written as an element.
#[derive(Debug)]
pub struct Child<'a, T>(pub &'a T);

/// The type is a payload.
pub trait ChildElement {
    /// Writes its attributes, the end of the start tag, and its content.
    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError>;
    /// Writes its attributes.
    fn write_attributes(self, out: &mut String, field: &str) -> Result<(), EncodeError>;
    /// Writes its content.
    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError>;
}

impl<T: Payload> ChildElement for Child<'_, T> {
    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        let mut written = self.0.write_attributes(out);
        if written.is_ok() {
            out.push('>');
            written = self.0.write_content(out);
        }
        written.map_err(|error| error.within(field))
    }

    fn write_attributes(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        self.0.write_attributes(out).map_err(|error| error.within(field))
    }

    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        self.0.write_content(out).map_err(|error| error.within(field))
    }
}

/// The type is no payload.
pub trait NotAnElement {
    /// The type.
    type Value;

    /// Never compiles; the bound carries the message.
    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        Self::Value: Payload;

    /// Nothing: `write_content` carries the message.
    fn write_attributes(self, out: &mut String, field: &str) -> Result<(), EncodeError>;

    /// Never compiles; the bound carries the message.
    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        Self::Value: Payload;
}

impl<T> NotAnElement for &Child<'_, T> {
    type Value = T;

    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        T: Payload,
    {
        Child(self.0).write(out, field)
    }

    fn write_attributes(self, _: &mut String, _: &str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        T: Payload,
    {
        Child(self.0).write_content(out, field)
    }
}

/// Enters the next child in the given namespace; children in others are passed over, they belong to someone else's extension.
#[inline]
pub fn next_child<'x>(reader: &mut Reader<'x>, namespace: &str) -> Result<Option<&'x str>, DecodeError> {
    loop {
        match reader.child()? {
            None => return Ok(None),
            Some(name) if name.namespace == namespace => return Ok(Some(name.local)),
            Some(_) => reader.skip()?,
        }
    }
}
