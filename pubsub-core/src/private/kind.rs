//! What the schema says of a field's type, found while the model compiles.
//!
//! Knows three ways to look at a type: as text, as a payload, as JSON. An inherent constant wins over that of a trait, so `KindOf::<T>::TEXT` is
//! the kind of any type that has [`Text`], and the general answer for every other.

use std::marker::PhantomData;

use crate::payload::{Payload, Text};
use crate::schema::{Kind, Nested, Schema, Shape};

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
    /// What it holds.
    pub const SHAPE: &'static Shape = &T::SHAPE;
}

/// The answers for types that have no better one.
pub trait AnyKind {
    /// Text of a type unknown here.
    const TEXT: Kind = Kind::Text;
    /// A nested type that has no payload; using it has failed to compile elsewhere.
    const NESTED: Kind = Kind::Text;
    /// What a type without a payload holds.
    const SHAPE: &'static Shape = &Shape::Fields(&[]);
    /// JSON of some shape.
    const JSON: Kind = Kind::Json;
}

impl<T> AnyKind for KindOf<T> {}

fn schema_of<T: Payload>() -> &'static Schema {
    T::SCHEMA
}
