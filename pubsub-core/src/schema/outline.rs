//! A schema that owns itself: made of a linked model, or read from the meta-data of a node.
//!
//! Knows names, kinds and which type holds which. Does not know how it travels (`wire`), nor any language it is told in.

use crate::registry::{Descriptor, Format};

/// What a model looks like to somebody who does not link it.
///
/// Unlike a [`Schema`](super::Schema) it can be made at run time. Fields that are flattened stand where they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub(super) node: String,
    pub(super) type_name: String,
    pub(super) format: Format,
    pub(super) id: Option<String>,
    /// The first is the payload, and every reference is to one of these.
    pub(super) types: Vec<Type>,
}

/// A type: the payload, or what is nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Type {
    /// The local name of its element where it is the payload; for what is nested only a name.
    pub name: String,
    /// The namespace of that element.
    pub namespace: String,
    /// What it holds.
    pub body: Body,
}

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// Members, each with names of its own.
    Record(Vec<Member>),
    /// Exactly one of these.
    Cases(Vec<Case>),
    /// A single value.
    Value(ValueKind),
}

/// A member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Member {
    /// Its name in JSON: that of the field in Rust. Where a flattened field has the name of another one, that of both, joined by `_`.
    pub name: String,
    /// What a [`Query`](crate::store::Query) calls it: the name of the field in Rust, with those of the fields it is flattened into before it, joined by `_`.
    pub column: String,
    /// Its name in XML.
    pub tag: String,
    /// Where it stands.
    pub site: Site,
    /// What one value is.
    pub kind: ValueKind,
    /// How many values there may be.
    pub count: Count,
    /// Whether it may be missing, and has a value even so.
    pub has_default: bool,
}

/// Where a member stands in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Site {
    /// In an element of its own.
    Element,
    /// In an attribute.
    Attribute,
    /// It is one of several cases, whose elements stand directly among those around it.
    Among,
}

/// How many values a member may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Count {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// Any number, in order.
    Many,
    /// Any number, each with a key of this kind.
    Keyed(ValueKind),
}

/// One of several things that an element may hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Case {
    /// The variant in Rust.
    pub name: String,
    /// The element in XML.
    pub tag: String,
    /// What that element holds: a record, of which one without members is a variant without data, or a value.
    pub body: Body,
}

/// What one value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer {
        /// Its width.
        bits: u16,
        /// Whether it may be negative.
        signed: bool,
    },
    /// A floating-point number.
    Float {
        /// Its width.
        bits: u16,
    },
    /// `true` or `false`.
    Bool,
    /// A point in time, RFC 3339.
    Timestamp,
    /// A UUID, hyphenated.
    Uuid,
    /// One of these words.
    Choice(Vec<String>),
    /// The type with this number.
    Nested(usize),
    /// Any JSON.
    Json,
}

impl ValueKind {
    /// Whether it is a whole number that JavaScript may be unable to hold.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self, Self::Integer { bits: 54.., .. })
    }
}

impl Outline {
    /// The outline of a model that is linked.
    #[must_use]
    pub fn of(model: &Descriptor) -> Self {
        Self {
            node: model.node.to_owned(),
            type_name: model.type_name.to_owned(),
            format: model.format,
            id: model.id.map(str::to_owned),
            types: super::gather::types(model.schema),
        }
    }

    /// The node to which it is published.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The type in Rust with its module, as [`Descriptor::type_name`].
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The type in Rust, without its module: `Tweet`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.type_name.rsplit_once("::") {
            Some((_, name)) => name,
            None => &self.type_name,
        }
    }

    /// How its payload is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The field that identifies a row, by its name in Rust.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// All its types; the first is the payload.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The payload. `None` does not occur.
    #[must_use]
    pub fn payload(&self) -> Option<&Type> {
        self.types.first()
    }

    /// The members of a row, in order; none where a row is no record.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match self.payload().map(|payload| &payload.body) {
            Some(Body::Record(members)) => members,
            _ => &[],
        }
    }

    /// The member of this name in JSON.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }

    /// The member that identifies a row.
    #[must_use]
    pub fn id_member(&self) -> Option<&Member> {
        let id = self.id()?;
        self.members().iter().find(|member| member.column == id)
    }
}
