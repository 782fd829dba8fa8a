//! The order that a request asks for.
//!
//! Pure. Words and rules are those of django-tastypie.

use pubsub_core::store::Direction;

use super::arguments::Arguments;
use super::refusal::Refusal;
use super::resource::Resource;

/// The fields to sort by: those that are named, or else those of the resource.
pub(super) fn read(
    resource: &Resource,
    arguments: &Arguments,
) -> Result<Vec<(String, Direction)>, Refusal> {
    let keys = arguments.all("order_by").map(|key| {
        let (name, direction) = sort_key(key);
        // What comes after two underscores would be a field of another resource.
        let (name, is_across) = match name.split_once("__") {
            Some((name, _)) => (name, true),
            None => (name, false),
        };
        let field = resource.field(name);
        let is_known = field.is_some() || name == "id" || name == "resource_uri";
        if !is_known {
            return Err(Refusal::bad(format!(
                "No matching '{name}' field for ordering on."
            )));
        }
        match field.filter(|field| field.is_sortable && !is_across) {
            Some(field) => Ok((field.column.clone().unwrap_or_default(), direction)),
            None => Err(Refusal::bad(format!(
                "The '{name}' field does not allow ordering."
            ))),
        }
    });
    let keys: Vec<_> = keys.collect::<Result<_, Refusal>>()?;
    Ok(if keys.is_empty() {
        resource.order.clone()
    } else {
        keys
    })
}

/// The name in a key such as `-timestamp`, and which way it sorts.
pub(super) fn sort_key(key: &str) -> (&str, Direction) {
    match key.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (key, Direction::Ascending),
    }
}
