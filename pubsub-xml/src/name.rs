//! Names as a reader reports them: resolved to a namespace, borrowed from the source.

use std::borrow::Cow;

/// The expanded name of an element (Namespaces in XML §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'x> {
    /// The name without its prefix.
    pub local: &'x str,
    /// The namespace that the prefix, or the default declaration, stands for; empty for none.
    pub namespace: Cow<'x, str>,
}

impl Name<'_> {
    /// Whether this is the name `local` of `namespace`.
    #[must_use]
    pub fn is(&self, local: &str, namespace: &str) -> bool {
        self.local == local && self.namespace == namespace
    }
}

/// One attribute of the element that was entered last. Declarations of namespaces are not attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'x> {
    /// The prefix as written; an attribute without one belongs to no namespace.
    pub prefix: Option<&'x str>,
    /// The name without its prefix.
    pub local: &'x str,
    /// The value, with references resolved and white space normalised.
    pub value: Cow<'x, str>,
}
