//! What can be wrong with a fragment. Every variant tells where, as a byte offset into it.
//!
//! One variant a rule of the standard, so that a caller can tell a broken peer from a fragment of another shape.

use thiserror::Error;

/// A fragment that is not well-formed, not allowed on an XMPP stream, or not of the expected shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum XmlError {
    /// The fragment ends inside markup or before its root is closed.
    #[error("the fragment ends too early, at byte {0}")]
    Truncated(usize),
    /// Something that cannot stand there: a stray `<`, a tag without a name, text outside the root.
    #[error("markup is malformed at byte {0}")]
    Malformed(usize),
    /// A comment, processing instruction or document type, which RFC 6120 §11.1 rules out.
    #[error("comments, processing instructions and document types are not allowed (byte {0})")]
    Restricted(usize),
    /// A reference other than the five entities and the character references.
    #[error("an unknown entity is referred to at byte {0}")]
    Entity(usize),
    /// A character that XML 1.0 §2.2 forbids, written out or referred to.
    #[error("a character that XML forbids stands at byte {0}")]
    Character(usize),
    /// An end tag that does not match the open element.
    #[error("the end tag at byte {0} closes another element than the open one")]
    Mismatch(usize),
    /// Two attributes with the same expanded name.
    #[error("an attribute is given twice at byte {0}")]
    DuplicateAttribute(usize),
    /// A prefix that no declaration binds, or a declaration that Namespaces in XML forbids.
    #[error("a namespace prefix is not bound or wrongly bound at byte {0}")]
    Namespace(usize),
    /// Elements nested deeper than [`Reader`](crate::Reader) follows, or more attributes than it keeps.
    #[error("the fragment is nested too deeply or has too many attributes at byte {0}")]
    TooComplex(usize),
    /// Text where the caller expects only elements.
    #[error("text stands where an element is expected at byte {0}")]
    UnexpectedText(usize),
    /// An element where the caller expects only text.
    #[error("an element stands where text is expected at byte {0}")]
    UnexpectedElement(usize),
}
