//! A payload that nobody has decoded, for readers of nodes that no model of theirs describes.

use std::fmt;
use std::sync::Arc;

use crate::change::Stamp;
use crate::payload::{DecodeError, entry};

/// The payload of an item as XML: one element, complete in itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawXml(Arc<str>);

impl RawXml {
    /// The XML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a payload, and the sender's stamp from it if it is an entry that has one.
    pub(crate) fn decode(payload: &str) -> Result<(Self, Stamp), DecodeError> {
        Ok((Self(payload.into()), entry::stamp(payload)?))
    }
}

impl fmt::Display for RawXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
