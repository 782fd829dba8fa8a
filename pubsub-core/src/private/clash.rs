//! Names that clash across types: what a single derive cannot see is compared here, while the program compiles.
//!
//! Knows schemas. A panic in a constant is how the compiler is stopped; none of these runs in a program.

use crate::schema::{FieldSchema, Kind, Place, Shape, VariantSchema};

const TAKEN: &str =
    "a field of the flattened type has the name of a field around it; rename one of them";
const TWICE: &str = "a field of the flattened type has the name of a field in another flattened type; rename one of them";
const TEXT: &str = "`flatten` needs fields to put in its place, and this type is a single text; leave `flatten` out";
const KEY: &str =
    "the values of this map have an attribute `key`, which holds the key of the map; rename theirs";
const TIME: &str = "`updated` is a point in time: use SystemTime, or a type or text in RFC 3339";

/// Refuses a flattened type that has no fields, or one whose name is taken by a field around it.
#[track_caller]
pub const fn check_inline(elements: &[&str], attributes: &[&str], inline: &Shape) {
    assert!(!matches!(inline, Shape::Text(_)), "{}", TEXT);
    let mut rest = elements;
    while let [name, tail @ ..] = rest {
        assert!(!has_element(inline, name), "{}", TAKEN);
        rest = tail;
    }
    let mut rest = attributes;
    while let [name, tail @ ..] = rest {
        assert!(!has_attribute(inline, name), "{}", TAKEN);
        rest = tail;
    }
}

/// Refuses two flattened types that share a name.
#[track_caller]
pub const fn check_apart(one: &Shape, other: &Shape) {
    match one {
        Shape::Fields(fields) => {
            let mut rest: &[FieldSchema] = fields;
            while let [field, tail @ ..] = rest {
                match field.place {
                    Place::Element => assert!(!has_element(other, field.name), "{}", TWICE),
                    Place::Attribute => assert!(!has_attribute(other, field.name), "{}", TWICE),
                    Place::Inline(inner) => check_apart(inner, other),
                }
                rest = tail;
            }
        }
        Shape::Variants(variants) => {
            let mut rest: &[VariantSchema] = variants;
            while let [variant, tail @ ..] = rest {
                assert!(!has_element(other, variant.name), "{}", TWICE);
                rest = tail;
            }
        }
        Shape::Text(_) => {}
    }
}

/// Refuses a map whose values would write the attribute that holds the key.
#[track_caller]
pub const fn check_keyed(value: &Shape) {
    assert!(!has_attribute(value, "key"), "{}", KEY);
}

/// Refuses a field marked `updated` that is neither a time nor text.
#[track_caller]
pub const fn check_timestamp(kind: &Kind) {
    assert!(matches!(kind, Kind::Timestamp | Kind::Text), "{}", TIME);
}

const fn has_element(shape: &Shape, name: &str) -> bool {
    match shape {
        Shape::Fields(fields) => {
            let mut rest: &[FieldSchema] = fields;
            while let [field, tail @ ..] = rest {
                let is_it = match field.place {
                    Place::Element => same(field.name, name),
                    Place::Attribute => false,
                    Place::Inline(inner) => has_element(inner, name),
                };
                if is_it {
                    return true;
                }
                rest = tail;
            }
        }
        Shape::Variants(variants) => {
            let mut rest: &[VariantSchema] = variants;
            while let [variant, tail @ ..] = rest {
                if same(variant.name, name) {
                    return true;
                }
                rest = tail;
            }
        }
        Shape::Text(_) => {}
    }
    false
}

const fn has_attribute(shape: &Shape, name: &str) -> bool {
    let Shape::Fields(fields) = shape else {
        return false;
    };
    let mut rest: &[FieldSchema] = fields;
    while let [field, tail @ ..] = rest {
        let is_it = match field.place {
            Place::Attribute => same(field.name, name),
            Place::Element => false,
            Place::Inline(inner) => has_attribute(inner, name),
        };
        if is_it {
            return true;
        }
        rest = tail;
    }
    false
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
