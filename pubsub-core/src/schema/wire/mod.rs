//! An outline as text, to travel: in the meta-data of the node that its model publishes to.
//!
//! Knows the form, `<schema xmlns="urn:pubsub:schema:1"/>`, and how large one may be. How it is written is in `write`, how read in `read`, and what must hold
//! for one that was read in `check`. Does not know nodes and requests.
//!
//! ```text
//! <schema xmlns="urn:pubsub:schema:1" node="/shop/Order" type="shop::Order" format="entry" id="number">
//!   <type name="Order" namespace="urn:pubsub:shop">
//!     <member name="number" kind="u32"/>
//!     <member name="placed_at" tag="placed-at" kind="time" at="attribute" count="optional"/>
//!     <member name="state" kind="choice"><word>open</word><word>closed</word></member>
//!     <member name="prices" kind="f64"><key kind="text"/></member>
//!     <member name="lines" kind="#1" count="many"/>
//!   </type>
//!   <type name="Line" namespace="urn:pubsub:shop">
//!     <case name="Article"><member name="article" kind="text"/></case>
//!     <case name="Note"><value kind="text"/></case>
//!   </type>
//! </schema>
//! ```
//!
//! The first type is the payload; `#1` is the type after it. Whoever reads this knows all of it or refuses it: a form with more in it has another namespace.

mod check;
mod read;
mod write;

use pubsub_xml::XmlError;

use super::outline::Outline;

/// The namespace of an outline as text.
pub const SCHEMA: &str = "urn:pubsub:schema:1";
/// No outline is longer as text.
pub const MOST_BYTES: usize = 64 * 1024;

/// Text that is not an [`Outline`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineError {
    /// It is longer than any outline may be.
    #[error("a schema has at most {MOST_BYTES} bytes as text, this one has {0}")]
    TooLong(usize),
    /// It is no XML.
    #[error("the schema cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// It is no schema, or one of a later version.
    #[error("this is no schema in the namespace {SCHEMA}")]
    Form,
    /// Something in it is not known, or is not there.
    #[error("the schema cannot be read: {0}")]
    Part(String),
}

impl Outline {
    /// As text, which [`read`](Self::read) takes.
    ///
    /// # Errors
    ///
    /// [`OutlineError::TooLong`] for a model with many hundreds of fields; [`OutlineError::Part`] when a name in it cannot be written as XML, which no model
    /// that is derived has.
    pub fn to_text(&self) -> Result<String, OutlineError> {
        let text = write::text(self).map_err(|error| OutlineError::Part(error.to_string()))?;
        if text.len() > MOST_BYTES {
            return Err(OutlineError::TooLong(text.len()));
        }
        Ok(text)
    }

    /// Reads the text of an outline.
    ///
    /// # Errors
    ///
    /// See [`OutlineError`].
    pub fn read(text: &str) -> Result<Self, OutlineError> {
        if text.len() > MOST_BYTES {
            return Err(OutlineError::TooLong(text.len()));
        }
        let outline = read::outline(text)?;
        check::check(&outline).map_err(OutlineError::Part)?;
        Ok(outline)
    }
}

#[cfg(test)]
mod tests;
