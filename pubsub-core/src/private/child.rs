//! Writing a nested payload, and finding the children of an element.
//!
//! Knows the tags around a nested value. [`WriteChild`] is found as `WriteLeaf` in `leaf` is.

use pubsub_xml::Reader;

use crate::payload::{DecodeError, EncodeError, Payload};

/// A value to be written as an element.
#[derive(Debug)]
pub struct Child<'a, T>(pub &'a T);

/// Writes a [`Child`].
pub trait WriteChild {
    /// Writes its attributes, the end of the start tag, and its content.
    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        Self: HasPayload;

    /// Writes its attributes among those of the element around it.
    fn write_attributes(self, out: &mut String, field: &str) -> Result<(), EncodeError>;

    /// Writes its content into the element around it.
    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError>
    where
        Self: HasPayload;
}

/// Whether it is a payload. Asked of the method rather than of the impl, so that the answer `no` is told in our words.
pub trait HasPayload {}

impl<T> HasPayload for Child<'_, T> {}
impl<T: Payload> HasPayload for &Child<'_, T> {}

impl<T: Payload> WriteChild for Child<'_, T> {
    fn write(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        let mut written = self.0.write_attributes(out);
        if written.is_ok() {
            out.push('>');
            written = self.0.write_content(out);
        }
        written.map_err(|error| error.within(field))
    }

    fn write_attributes(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        self.0
            .write_attributes(out)
            .map_err(|error| error.within(field))
    }

    fn write_content(self, out: &mut String, field: &str) -> Result<(), EncodeError> {
        self.0
            .write_content(out)
            .map_err(|error| error.within(field))
    }
}

/// The type is no payload, and the program does not compile.
impl<T> WriteChild for &Child<'_, T> {
    fn write(self, _: &mut String, _: &str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn write_attributes(self, _: &mut String, _: &str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn write_content(self, _: &mut String, _: &str) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// Enters the next child in the given namespace; children in others are passed over, they belong to someone else's extension.
#[inline]
pub fn next_child<'x>(
    reader: &mut Reader<'x>,
    namespace: &str,
) -> Result<Option<&'x str>, DecodeError> {
    loop {
        match reader.child()? {
            None => return Ok(None),
            Some(name) if name.namespace == namespace => return Ok(Some(name.local)),
            Some(_) => reader.skip()?,
        }
    }
}
