//! A schema as the derive writes it down: constant data.
//!
//! Knows names and kinds. Does not know values, XML syntax, SQL or any other language a schema may be told in.

use std::fmt;

/// One payload: the element it makes and what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The local name of the element.
    pub name: &'static str,
    /// Its namespace.
    pub namespace: &'static str,
    /// What the element holds.
    pub shape: Shape,
}

/// What an element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One element, attribute or group a field.
    Fields(&'static [FieldSchema]),
    /// Exactly one element, named after the variant.
    Variants(&'static [VariantSchema]),
    /// Text of one kind.
    Text(Kind),
}

/// One variant of an enum that carries data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariantSchema {
    /// The variant in Rust.
    pub rust_name: &'static str,
    /// The element it makes.
    pub name: &'static str,
    /// What that element holds.
    pub content: VariantContent,
}

/// What the element of a variant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariantContent {
    /// Named fields, none of them for a unit variant.
    Fields(&'static [FieldSchema]),
    /// One value that has no name of its own.
    Value(Kind),
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSchema {
    /// The field in Rust.
    pub rust_name: &'static str,
    /// Its name in XML; means nothing for [`Place::Inline`].
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What one value of it is.
    pub kind: Kind,
    /// How many values there may be.
    pub occurs: Occurs,
    /// Whether it may be missing even so, because reading knows what to put there.
    pub has_default: bool,
}

impl FieldSchema {
    /// A field that is one child element of its own name.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            rust_name: name,
            name,
            place: Place::Element,
            kind,
            occurs: Occurs::Once,
            has_default: false,
        }
    }

    /// The same under another name in XML.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The same as an attribute.
    #[must_use]
    pub const fn attribute(mut self) -> Self {
        self.place = Place::Attribute;
        self
    }

    /// The same with the fields of its type in its place.
    #[must_use]
    pub const fn inline(mut self, shape: &'static Shape) -> Self {
        self.place = Place::Inline(shape);
        self
    }

    /// The same, but it may be absent.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.occurs = Occurs::Optional;
        self
    }

    /// The same, any number of times.
    #[must_use]
    pub const fn many(mut self) -> Self {
        self.occurs = Occurs::Many;
        self
    }

    /// The same, any number of times, each under a key.
    #[must_use]
    pub const fn keyed(mut self, key: &'static Kind) -> Self {
        self.occurs = Occurs::Keyed(key);
        self
    }

    /// The same, with something to read where nothing was written.
    #[must_use]
    pub const fn with_default(mut self) -> Self {
        self.has_default = true;
        self
    }
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a child element.
    Element,
    /// In an attribute.
    Attribute,
    /// Its own fields, which are these, stand directly among those around it.
    Inline(&'static Shape),
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurs {
    /// Exactly once.
    Once,
    /// Once or not at all.
    Optional,
    /// Any number of times, in order.
    Many,
    /// Any number of times, each with an attribute `key` of this kind.
    Keyed(&'static Kind),
}

/// What one value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
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
    Choice(&'static [&'static str]),
    /// A payload of its own.
    Nested(Nested),
    /// Whatever serde writes as JSON.
    Json,
}

/// A payload within a payload. Behind a function, so that a type may contain itself.
#[derive(Clone, Copy)]
pub struct Nested(fn() -> &'static Schema);

impl Nested {
    /// Points at a schema.
    #[must_use]
    pub const fn new(schema: fn() -> &'static Schema) -> Self {
        Self(schema)
    }

    /// The schema pointed at.
    #[must_use]
    pub fn schema(self) -> &'static Schema {
        (self.0)()
    }
}

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nested({})", self.schema().name)
    }
}

impl PartialEq for Nested {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.schema(), other.schema());
        one.name == two.name && one.namespace == two.namespace
    }
}

impl Eq for Nested {}
