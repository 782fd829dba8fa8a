//! Why a value could not be written as XML, or XML not be read as a value.
//!
//! Knows the field or element at fault and how to say it. Does not know nodes, services or stores.

use std::fmt;

use pubsub_xml::{ForbiddenChar, XmlError};

use crate::name::NameError;

/// Why one piece of text could not be written or read; the field it belongs to is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextError {
    /// A character that XML forbids.
    Forbidden(ForbiddenChar),
    /// The type has its own reason.
    Invalid(String),
}

impl TextError {
    /// An error in the words of the type itself.
    #[must_use]
    pub fn invalid(reason: impl fmt::Display) -> Self {
        Self::Invalid(reason.to_string())
    }
}

impl From<ForbiddenChar> for TextError {
    fn from(forbidden: ForbiddenChar) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(forbidden) => forbidden.fmt(f),
            Self::Invalid(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for TextError {}

/// A payload could not be written. Nothing was sent.
///
/// One pointer wide, so that the code which never fails stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError(Box<EncodeProblem>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct EncodeProblem {
    field: String,
    kind: EncodeErrorKind,
}

/// What was wrong with the field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// It holds a character that XML has no way to write.
    Forbidden(ForbiddenChar),
    /// Its type refused to be written.
    Invalid(String),
    /// It makes the name of an item or channel, and cannot be one.
    Name(NameError),
}

impl EncodeError {
    /// An error of the field with this name.
    #[must_use]
    #[cold]
    pub fn new(field: &str, kind: EncodeErrorKind) -> Self {
        Self(Box::new(EncodeProblem {
            field: field.to_owned(),
            kind,
        }))
    }

    #[cold]
    pub(crate) fn text(field: &str, error: TextError) -> Self {
        Self::new(
            field,
            match error {
                TextError::Forbidden(forbidden) => EncodeErrorKind::Forbidden(forbidden),
                TextError::Invalid(reason) => EncodeErrorKind::Invalid(reason),
            },
        )
    }

    /// The same error, seen from the type or field around it.
    #[must_use]
    #[cold]
    pub fn within(mut self, outer: &str) -> Self {
        self.0.field = if self.0.field.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer}.{}", self.0.field)
        };
        self
    }

    /// The field at fault: `text`, or `Order.lines.note` for a nested one.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// What was wrong with it.
    #[must_use]
    pub fn kind(&self) -> &EncodeErrorKind {
        &self.0.kind
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.0.field;
        match &self.0.kind {
            EncodeErrorKind::Forbidden(ForbiddenChar { character, offset }) => write!(
                f,
                "field `{field}` holds U+{:04X} at byte {offset}, which XML cannot carry; remove it, or send the bytes as base64",
                u32::from(*character)
            ),
            EncodeErrorKind::Invalid(reason) => {
                write!(f, "field `{field}` cannot be written: {reason}")
            }
            EncodeErrorKind::Name(error) => {
                write!(f, "field `{field}` cannot be part of a name: {error}")
            }
        }
    }
}

impl std::error::Error for EncodeError {}

/// A payload could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeProblem>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct DecodeProblem {
    element: String,
    kind: DecodeErrorKind,
}

/// What was wrong with the element.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The XML is broken, or has text where elements belong or the reverse.
    Xml(XmlError),
    /// The root is neither an entry nor the payload itself.
    NotAnEntry,
    /// The entry holds no such payload.
    NoPayload,
    /// The element or attribute is not there.
    Missing,
    /// It is there twice.
    Repeated,
    /// Its text is not a value of the type.
    Invalid(String),
    /// No variant of the enum was found.
    NoVariant,
}

impl DecodeError {
    /// An error of the element or attribute with this name.
    #[must_use]
    #[cold]
    pub fn new(element: &str, kind: DecodeErrorKind) -> Self {
        Self(Box::new(DecodeProblem {
            element: element.to_owned(),
            kind,
        }))
    }

    /// An element or attribute whose text is not a value of the type.
    #[must_use]
    #[cold]
    pub fn invalid(element: &str, reason: impl fmt::Display) -> Self {
        Self::new(element, DecodeErrorKind::Invalid(reason.to_string()))
    }

    /// The same error, seen from the element around it.
    #[must_use]
    #[cold]
    pub fn within(mut self, outer: &str) -> Self {
        self.0.element = if self.0.element.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer}/{}", self.0.element)
        };
        self
    }

    /// The element or attribute at fault: `text`, or `Order/lines/note` for a nested one.
    #[must_use]
    pub fn element(&self) -> &str {
        &self.0.element
    }

    /// What was wrong with it.
    #[must_use]
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.0.kind
    }
}

impl From<XmlError> for DecodeError {
    #[cold]
    fn from(error: XmlError) -> Self {
        Self::new("", DecodeErrorKind::Xml(error))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = &self.0.element;
        match &self.0.kind {
            DecodeErrorKind::Xml(error) if element.is_empty() => error.fmt(f),
            DecodeErrorKind::Xml(error) => write!(f, "in `{element}`: {error}"),
            DecodeErrorKind::NotAnEntry => write!(f, "expected an <entry/> or `{element}`"),
            DecodeErrorKind::NoPayload => write!(f, "the entry holds no `{element}`"),
            DecodeErrorKind::Missing => write!(f, "`{element}` is missing"),
            DecodeErrorKind::Repeated => write!(f, "`{element}` is given more than once"),
            DecodeErrorKind::Invalid(reason) => write!(f, "`{element}` is not readable: {reason}"),
            DecodeErrorKind::NoVariant => write!(f, "`{element}` holds none of the known variants"),
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            DecodeErrorKind::Xml(error) => Some(error),
            _ => None,
        }
    }
}
