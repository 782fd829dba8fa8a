//! What the schema says of a field's type, found while the model compiles.
//!
//! Knows three ways to look at a type: as text, as a payload, as JSON. An inherent constant wins over that of a trait, so `KindOf::<T>::TEXT` is
//! the kind of any type that has [`Text`], and the general answer for every other.

use std::marker::PhantomData;

use crate::payload::{Payload, Text};
use crate::schema::{FieldSchema, Kind, Nested, Place, Schema, Shape};

/// Asks for the kind of a type.
#[derive(Debug)]
pub struct KindOf<T>(PhantomData<T>);

impl<T: Text> KindOf<T> {
    /// The kind of its text.
    pub const TEXT: Kind = T::KIND;
    /// The kind of its JSON, where that is spelled like the text.
    pub const JSON: Kind = match T::KIND {
        Kind::Text => Kind::Text,
        Kind::Integer { bits, signed } => Kind::Integer { bits, signed },
        Kind::Float { bits } => Kind::Float { bits },
        Kind::Bool => Kind::Bool,
        Kind::Uuid => Kind::Uuid,
        _ => Kind::Json,
    };
}

impl<T: Payload> KindOf<T> {
    /// The schema of what is nested.
    pub const NESTED: Kind = Kind::Nested(Nested::new(schema_of::<T>));
}

/// The answers for types that have no better one.
pub trait AnyKind {
    /// Text of a type unknown here.
    const TEXT: Kind = Kind::Text;
    /// A nested type that has no payload; using it has failed to compile elsewhere.
    const NESTED: Kind = Kind::Text;
    /// JSON of some shape.
    const JSON: Kind = Kind::Json;
}

impl<T> AnyKind for KindOf<T> {}

fn schema_of<T: Payload>() -> &'static Schema {
    T::SCHEMA
}

const fn same(one: &str, two: &str) -> bool {
    let (mut one, mut two) = (one.as_bytes(), two.as_bytes());
    if one.len() != two.len() {
        return false;
    }
    while let ([a, one_tail @ ..], [b, two_tail @ ..]) = (one, two) {
        if *a != *b {
            return false;
        }
        (one, two) = (one_tail, two_tail);
    }
    true
}

/// Stops the compiler when a flattened type has no fields, or one whose name is taken by a field around it.
#[allow(
    clippy::panic,
    reason = "a panic in a constant is how the compiler is stopped; it never runs"
)]
#[track_caller]
pub const fn check_inline(elements: &[&str], attributes: &[&str], inline: &Shape) {
    match inline {
        Shape::Fields(fields) => check_fields(elements, attributes, fields),
        Shape::Variants(variants) => {
            let mut rest = *variants;
            while let [variant, tail @ ..] = rest {
                check_free(elements, variant.name);
                rest = tail;
            }
        }
        Shape::Text(_) => panic!(
            "`flatten` needs fields to put in its place, and this type is a single text; leave `flatten` out"
        ),
    }
}

#[track_caller]
const fn check_fields(elements: &[&str], attributes: &[&str], fields: &[FieldSchema]) {
    let mut rest = fields;
    while let [field, tail @ ..] = rest {
        match (field.place, field.kind) {
            (Place::Element, _) => check_free(elements, field.name),
            (Place::Attribute, _) => check_free(attributes, field.name),
            // The fields of what is flattened twice over were compared where that is declared; a name they share with this level is
            // refused when the value is read.
            (Place::Inline, _) => {}
        }
        rest = tail;
    }
}

#[allow(
    clippy::panic,
    reason = "a panic in a constant is how the compiler is stopped; it never runs"
)]
#[track_caller]
const fn check_free(taken: &[&str], name: &str) {
    let mut rest = taken;
    while let [first, tail @ ..] = rest {
        if same(first, name) {
            panic!(
                "a field of the flattened type has the name of a field around it; rename one of them"
            );
        }
        rest = tail;
    }
}

/// Stops the compiler when the values of a map would write the attribute that holds the key.
#[allow(
    clippy::panic,
    reason = "a panic in a constant is how the compiler is stopped; it never runs"
)]
#[track_caller]
pub const fn check_attribute_free(name: &str, shape: &Shape) {
    if let Shape::Fields(fields) = shape {
        let mut rest = *fields;
        while let [field, tail @ ..] = rest {
            if matches!(field.place, Place::Attribute) && same(field.name, name) {
                panic!(
                    "the values of this map have an attribute `key`, which holds the key of the map; rename theirs"
                );
            }
            rest = tail;
        }
    }
}

/// Stops the compiler when a field marked `updated` is neither a time nor text.
#[allow(
    clippy::panic,
    reason = "a panic in a constant is how the compiler is stopped; it never runs"
)]
#[track_caller]
pub const fn check_timestamp(kind: &Kind) {
    assert!(
        matches!(kind, Kind::Timestamp | Kind::Text),
        "`updated` is a point in time: use SystemTime, or a type or text in RFC 3339"
    );
}
