//! The last steps of generated code: what must be there is, what must be a name is one.
//!
//! Knows the error of each step.

use super::Publish;
use crate::name::{ItemId, NodeName};
use crate::payload::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind};

/// The value of a field that must be there.
#[inline]
pub fn required<T>(slot: Option<T>, label: &str) -> Result<T, DecodeError> {
    match slot {
        Some(value) => Ok(value),
        None => Err(DecodeError::new(label, DecodeErrorKind::Missing)),
    }
}

/// The key and value of one element of a map.
pub fn pair<K, V>(
    key: Option<K>,
    value: Option<V>,
    label: &str,
) -> Result<Option<(K, V)>, DecodeError> {
    match (key, value) {
        (Some(key), Some(value)) => Ok(Some((key, value))),
        _ => Err(DecodeError::new("key", DecodeErrorKind::Missing).within(label)),
    }
}

/// Refuses a second variant where one belongs.
pub fn only_variant<T>(found: &Option<T>, name: &str) -> Result<(), DecodeError> {
    match found {
        None => Ok(()),
        Some(_) => Err(DecodeError::new(name, DecodeErrorKind::Repeated)),
    }
}

/// The variant that was found.
pub fn any_variant<T>(found: Option<T>) -> Result<T, DecodeError> {
    match found {
        Some(value) => Ok(value),
        None => Err(DecodeError::new("", DecodeErrorKind::NoVariant)),
    }
}

/// The id that a field's text makes.
pub fn item_id(text: String, field: &str) -> Result<Option<ItemId>, EncodeError> {
    match ItemId::new(text) {
        Ok(id) => Ok(Some(id)),
        Err(error) => Err(EncodeError::new(field, EncodeErrorKind::Name(error))),
    }
}

/// The channel that a template makes, filled in.
pub fn channel(text: String, template: &str) -> Result<NodeName, EncodeError> {
    NodeName::new(text).map_err(|error| EncodeError::new(template, EncodeErrorKind::Name(error)))
}

/// Stops the compiler when a hook is for a model that borrows: it could never be called.
#[allow(
    clippy::panic,
    reason = "a panic in a constant is how the compiler is stopped; it never runs"
)]
#[track_caller]
pub const fn check_hook<T: Publish>() {
    assert!(
        T::IS_OWNED,
        "a hook's model must own its data: use String instead of Cow<'a, str> in it"
    );
}
