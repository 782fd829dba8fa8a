//! The XML that XMPP speaks: escaped writing, zero-copy reading, and cutting a byte stream into stanzas.
//!
//! XMPP allows a small part of XML 1.0 (RFC 6120 §11.1): namespaces and the five predefined entities, no
//! comments, no processing instructions, no document types. This crate knows that part and nothing of XMPP
//! itself. It exists because both ends of a save spend most of their time here: a publish is framed, read and
//! forwarded without building a tree and without copying its payload.
//!
//! - [`escape_text`] and [`escape_attribute`] write, and refuse what XML cannot carry.
//! - [`Framer`] finds where a stanza ends in a growing buffer, looking at every byte once.
//! - [`Reader`] walks one complete fragment and is the only judge of whether it is well-formed.
//!
//! ```
//! use pubsub_xml::Reader;
//!
//! let mut reader = Reader::new("<tweet xmlns='urn:example'><text>1 &lt; 2</text></tweet>");
//! assert!(reader.root()?.is("tweet", "urn:example"));
//! while let Some(field) = reader.child()? {
//!     assert_eq!(field.local, "text");
//!     assert_eq!(reader.text()?, "1 < 2");
//! }
//! # Ok::<(), pubsub_xml::XmlError>(())
//! ```

mod characters;
mod error;
mod escape;
mod framer;
mod name;
mod reader;
mod scope;
mod unescape;

pub use error::XmlError;
pub use escape::{ForbiddenChar, check_text, escape_attribute, escape_text};
pub use framer::{Frame, FrameError, FrameKind, Framer, Limits};
pub use name::{Attribute, Name};
pub use reader::{Event, Reader};
pub use scope::Scope;
