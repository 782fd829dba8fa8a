//! The filters of a request as conditions of a query.
//!
//! Pure. Words and rules are those of django-tastypie: a key is a field, fields of what it links to, and at the end perhaps how to compare. What
//! begins with no field is ignored, as it may be for somebody else.

use pubsub_core::store::{Condition, Value};

use super::arguments::Arguments;
use super::refusal::Refusal;
use super::resource::{Field, Resource};
use super::value::{is_nothing, value, year};
use crate::settings::Filtering;

/// Arguments that are no filters, even if a field has such a name.
const OTHERS: [&str; 7] = [
    "position_of",
    "limit",
    "offset",
    "format",
    "order_by",
    "token",
    "access_token",
];

/// Comparisons that Django knows and we do not: they are not allowed anywhere.
const UNKNOWN: [&str; 11] = [
    "regex", "iregex", "search", "month", "day", "week_day", "hour", "minute", "second", "date",
    "time",
];

/// How to compare.
pub(super) const LOOKUPS: [&str; 16] = [
    "exact",
    "iexact",
    "contains",
    "icontains",
    "in",
    "gt",
    "gte",
    "lt",
    "lte",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "range",
    "isnull",
    "year",
];

/// A condition that rows have to fulfil.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// On a column of theirs.
    Own(String, Condition),
    /// The column holds the id of a row of another resource, for which these arguments hold.
    Related {
        column: String,
        resource: String,
        arguments: Arguments,
    },
}

/// The conditions that are asked for.
pub(super) fn read(resource: &Resource, arguments: &Arguments) -> Result<Vec<Wanted>, Refusal> {
    let mut wanted = Vec::new();
    for key in arguments.names() {
        if OTHERS.contains(&key) {
            continue;
        }
        let mut parts: Vec<&str> = key.split("__").collect();
        let name = parts.remove(0);
        let Some(field) = resource.field(name) else {
            let is_ours = name == "id" || name == "resource_uri";
            if is_ours {
                return Err(refused(name));
            }
            continue;
        };
        let lookup = match parts.last() {
            Some(last) if LOOKUPS.contains(last) || UNKNOWN.contains(last) => {
                parts.pop().unwrap_or_default()
            }
            _ => "exact",
        };
        let is_across = !parts.is_empty();
        check(field, lookup, is_across)?;
        let column = field.column.clone().unwrap_or_default();
        match &field.link {
            Some(linked) if is_across => wanted.push(Wanted::Related {
                column,
                resource: linked.clone(),
                arguments: arguments.under(key, &format!("{}__{lookup}", parts.join("__"))),
            }),
            _ => {
                let conditions = conditions(field, lookup, arguments, key)?;
                let conditions = conditions.into_iter();
                wanted.extend(conditions.map(|one| Wanted::Own(column.clone(), one)));
            }
        }
    }
    Ok(wanted)
}

fn refused(name: &str) -> Refusal {
    Refusal::bad(format!("The '{name}' field does not allow filtering."))
}

/// Whether the resource permits such a filter.
fn check(field: &Field, lookup: &str, is_across: bool) -> Result<(), Refusal> {
    let name = &field.name;
    let forbidden = || {
        Refusal::bad(format!(
            "'{lookup}' is not an allowed filter on the '{name}' field."
        ))
    };
    match &field.filtering {
        None => return Err(refused(name)),
        Some(Filtering::Only(lookups)) if !lookups.iter().any(|known| known == lookup) => {
            return Err(forbidden());
        }
        Some(_) if !is_across && UNKNOWN.contains(&lookup) => return Err(forbidden()),
        Some(_) => {}
    }
    if !is_across {
        return Ok(());
    }
    if field.link.is_none() {
        return Err(Refusal::bad(format!(
            "The '{name}' field does not support relations."
        )));
    }
    if field.filtering != Some(Filtering::AllWithRelations) {
        return Err(Refusal::bad(format!(
            "Lookups are not allowed more than one level deep on the '{name}' field."
        )));
    }
    Ok(())
}

/// What one argument asks of its field.
fn conditions(
    field: &Field,
    lookup: &str,
    arguments: &Arguments,
    key: &str,
) -> Result<Vec<Condition>, Refusal> {
    let text = arguments.get(key).unwrap_or_default();
    // Where an empty list is given, there is nothing in it.
    let list = || -> Result<Vec<Value>, Refusal> {
        let parts = arguments.all(key).filter(|text| !text.is_empty());
        let parts = parts.flat_map(|text| text.split(','));
        parts.map(|part| value(&field.kind, part)).collect()
    };
    let one = || -> Result<Value, Refusal> {
        if is_nothing(text) {
            return Err(Refusal::mismatched());
        }
        value(&field.kind, text)
    };
    let sought = || -> Result<String, Refusal> {
        match one()? {
            Value::Text(text) if is_text(field) => Ok(text.into_owned()),
            _ => Err(Refusal::mismatched()),
        }
    };
    Ok(vec![match lookup {
        "exact" => Condition::Equal(value(&field.kind, text)?),
        "gt" => Condition::Greater(one()?),
        "gte" => Condition::AtLeast(one()?),
        "lt" => Condition::Less(one()?),
        "lte" => Condition::AtMost(one()?),
        "in" => Condition::In(list()?),
        "range" => {
            let mut bounds = list()?.into_iter();
            let (Some(least), Some(most), None) = (bounds.next(), bounds.next(), bounds.next())
            else {
                return Err(Refusal::mismatched());
            };
            return Ok(vec![Condition::AtLeast(least), Condition::AtMost(most)]);
        }
        "year" => {
            let (first, next) = year(&field.kind, text).ok_or_else(Refusal::mismatched)?;
            return Ok(vec![Condition::AtLeast(first), Condition::Less(next)]);
        }
        "isnull" => match text {
            "true" | "True" | "1" => Condition::Null(true),
            "false" | "False" | "0" => Condition::Null(false),
            _ => return Err(Refusal::mismatched()),
        },
        "iexact" if is_nothing(text) => Condition::Null(true),
        "iexact" => Condition::EqualIgnoreCase(sought()?),
        "contains" => Condition::contains(sought()?),
        "icontains" => Condition::contains(sought()?).ignoring_case(),
        "startswith" => Condition::starts_with(sought()?),
        "istartswith" => Condition::starts_with(sought()?).ignoring_case(),
        "endswith" => Condition::ends_with(sought()?),
        _ => Condition::ends_with(sought()?).ignoring_case(),
    }])
}

/// Whether there is text to search in.
fn is_text(field: &Field) -> bool {
    use pubsub_core::schema::ValueKind::{Choice, Text, Uuid};
    matches!(field.kind, Text | Choice(_) | Uuid)
}
