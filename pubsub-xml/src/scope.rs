//! The namespace bindings that an element inherits from around it, kept when what declared them is gone.
//!
//! A stanza is read long after the stream header that binds its prefixes; a [`Scope`] carries them over.

use crate::{Reader, XmlError};

/// Namespace bindings in force outside a fragment. The default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Prefix (empty: the default namespace) and what it stands for; the last one of a prefix counts.
    pub(crate) bindings: Vec<(String, String)>,
}

impl Scope {
    /// The bindings in force inside the element whose start tag is `header`, as of an XML stream.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when `header` does not begin with a well-formed start tag.
    pub fn of_header(header: &str) -> Result<Self, XmlError> {
        let mut reader = Reader::new(header);
        reader.root()?;
        Ok(reader.scope())
    }

    /// The same with another default namespace.
    #[must_use]
    pub fn with_default(self, namespace: &str) -> Self {
        self.with_prefix("", namespace)
    }

    /// The same with `prefix` bound to `namespace`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str, namespace: &str) -> Self {
        self.bindings
            .push((prefix.to_owned(), namespace.to_owned()));
        self
    }
}
