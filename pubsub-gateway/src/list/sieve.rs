//! A query carried out on rows in JSON, for rows that are in no database.
//!
//! Pure. Means the same as in a store: a missing value fulfils nothing that does not ask for it and sorts before all others, text is compared byte by byte, NaN is
//! equal to itself and larger than any other number.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::SystemTime;

use pubsub_core::payload::Text as _;
use pubsub_core::schema::ValueKind;
use pubsub_core::store::{Condition, Direction, Query, Value};
use serde_json::{Map, Value as Json};

use super::resource::Resource;

/// A row as a resource would show it without links.
pub(super) type Plain = Map<String, Json>;

/// The places of the rows that a query asks for, in its order, and how many there are without limit and offset.
pub(super) fn select(resource: &Resource, rows: &[Plain], query: &Query) -> (Vec<usize>, usize) {
    let mut found: Vec<usize> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| holds_all(resource, row, &query.conditions))
        .map(|(place, _)| place)
        .collect();
    if !query.order.is_empty() {
        let key = |place: &usize| rows.get(*place).map(|row| keys(resource, row, query));
        found.sort_by_cached_key(|place| key(place).unwrap_or_default());
    }
    let total = found.len();
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let page = found
        .into_iter()
        .skip(offset)
        .take(limit.unwrap_or(usize::MAX));
    (page.collect(), total)
}

/// Whether all conditions hold for a row.
pub(super) fn holds_all(
    resource: &Resource,
    row: &Plain,
    conditions: &[(String, Condition)],
) -> bool {
    conditions.iter().all(|(column, condition)| {
        resource.field_of(column).is_some_and(|field| {
            let cell = row
                .get(&field.member)
                .map_or(Cell::Missing, |json| Cell::of_json(&field.kind, json));
            holds(&field.kind, &cell, condition)
        })
    })
}

fn keys(resource: &Resource, row: &Plain, query: &Query) -> Vec<Key> {
    let keys = query.order.iter().map(|(column, direction)| {
        let field = resource.field_of(column);
        let cell = field.and_then(|field| {
            let json = row.get(&field.member)?;
            Some(Cell::of_json(&field.kind, json))
        });
        Key(cell.unwrap_or(Cell::Missing), *direction)
    });
    keys.collect()
}

/// A value to sort by, and which way.
#[derive(PartialEq, Eq)]
struct Key(Cell, Direction);

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.0.cmp(&other.0);
        match self.1 {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    }
}

/// A value of a row, or what one is compared with. Within a field all are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Missing,
    Bool(bool),
    Whole(Whole),
    Real(Real),
    Time(SystemTime),
    Text(String),
}

/// A whole number of up to 128 bits, with or without a sign. One that is larger is larger than all of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whole {
    Negative(std::cmp::Reverse<u128>),
    Positive(u128),
}

impl Whole {
    fn read(text: &str) -> Option<Self> {
        let (digits, is_negative) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let magnitude = digits.parse().unwrap_or(u128::MAX);
        Some(if is_negative && magnitude > 0 {
            Self::Negative(std::cmp::Reverse(magnitude))
        } else {
            Self::Positive(magnitude)
        })
    }
}

/// A number with NaN in its place.
#[derive(Debug, Clone, Copy)]
struct Real(f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_nan = self.0.is_nan().cmp(&other.0.is_nan());
        self.0.partial_cmp(&other.0).unwrap_or(by_nan)
    }
}

impl Cell {
    fn of_json(kind: &ValueKind, json: &Json) -> Self {
        match json {
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::of_text(kind, &number.to_string()),
            Json::String(text) => Self::of_text(kind, text),
            _ => Self::Missing,
        }
    }

    fn of_value(kind: &ValueKind, value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Integer(number) => Self::of_text(kind, &number.to_string()),
            Value::Real(number) => Self::Real(Real(*number)),
            Value::Text(text) => Self::of_text(kind, text),
            _ => Self::Missing,
        }
    }

    fn of_text(kind: &ValueKind, text: &str) -> Self {
        let cell = match kind {
            ValueKind::Integer { .. } => Whole::read(text).map(Self::Whole),
            ValueKind::Float { .. } => text.parse().ok().map(|number| Self::Real(Real(number))),
            ValueKind::Timestamp => SystemTime::read_text(Cow::Borrowed(text))
                .ok()
                .map(Self::Time),
            _ => Some(Self::Text(text.to_owned())),
        };
        cell.unwrap_or(Self::Missing)
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn holds(kind: &ValueKind, cell: &Cell, condition: &Condition) -> bool {
    let compared = |value: &Value| {
        let other = Cell::of_value(kind, value);
        let is_there = *cell != Cell::Missing && other != Cell::Missing;
        is_there.then(|| cell.cmp(&other))
    };
    let equals = |value: &Value| match value {
        Value::Null => *cell == Cell::Missing,
        value => compared(value) == Some(Ordering::Equal),
    };
    let text = |sought: &str, ignore_case: bool, is_it: fn(&str, &str) -> bool| {
        cell.text().is_some_and(|text| {
            if ignore_case {
                is_it(&text.to_ascii_lowercase(), &sought.to_ascii_lowercase())
            } else {
                is_it(text, sought)
            }
        })
    };
    match condition {
        Condition::Equal(value) => equals(value),
        Condition::NotEqual(Value::Null) => *cell != Cell::Missing,
        Condition::NotEqual(value) => compared(value).is_some_and(Ordering::is_ne),
        Condition::Less(value) => compared(value).is_some_and(Ordering::is_lt),
        Condition::AtMost(value) => compared(value).is_some_and(Ordering::is_le),
        Condition::Greater(value) => compared(value).is_some_and(Ordering::is_gt),
        Condition::AtLeast(value) => compared(value).is_some_and(Ordering::is_ge),
        Condition::In(values) => values.iter().any(equals),
        Condition::EqualIgnoreCase(sought) => text(sought, true, |text, sought| text == sought),
        Condition::Contains {
            text: sought,
            ignore_case,
        } => text(sought, *ignore_case, |text, sought| text.contains(sought)),
        Condition::StartsWith {
            text: sought,
            ignore_case,
        } => text(sought, *ignore_case, |text, sought| {
            text.starts_with(sought)
        }),
        Condition::EndsWith {
            text: sought,
            ignore_case,
        } => text(sought, *ignore_case, |text, sought| text.ends_with(sought)),
        Condition::Null(is_null) => (*cell == Cell::Missing) == *is_null,
        // A condition of a later version, which no filter makes.
        _ => false,
    }
}
