//! Which rows are asked for, and in what order: names of fields and plain values, checked against the model when it is carried out.

use super::value::Value;
use crate::name::NodeName;

/// A question for rows of one model.
///
/// ```
/// use pubsub_core::store::{Condition, Direction, Query};
///
/// let query = Query::new()
///     .filter("author", Condition::Equal("ann".into()))
///     .filter("likes", Condition::AtLeast(100.into()))
///     .sort("likes", Direction::Descending)
///     .limit(20);
/// assert_eq!(query.conditions.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Rows for which all of these hold.
    pub conditions: Vec<(String, Condition)>,
    /// The fields to sort by. Rows that are equal in all of them come in the order in which they were first saved, as do all without any.
    pub order: Vec<(String, Direction)>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many of the first are left out.
    pub offset: u64,
    /// Whether to count all rows for which the conditions hold.
    pub with_total: bool,
    /// Channels whose numbers are to be told as well, of the same moment.
    pub channels: Vec<NodeName>,
}

impl Query {
    /// For all rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more condition.
    #[must_use]
    pub fn filter(mut self, field: impl Into<String>, condition: Condition) -> Self {
        self.conditions.push((field.into(), condition));
        self
    }

    /// The same, sorted by one more field where those before are equal.
    #[must_use]
    pub fn sort(mut self, field: impl Into<String>, direction: Direction) -> Self {
        self.order.push((field.into(), direction));
        self
    }

    /// The same with at most this many rows.
    #[must_use]
    pub fn limit(mut self, most: u64) -> Self {
        self.limit = Some(most);
        self
    }

    /// The same without the first rows.
    #[must_use]
    pub fn offset(mut self, first: u64) -> Self {
        self.offset = first;
        self
    }

    /// The same with the number of all rows for which the conditions hold.
    #[must_use]
    pub fn with_total(mut self) -> Self {
        self.with_total = true;
        self
    }
}

/// Which way a field is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first. A missing value is smaller than any other.
    Ascending,
    /// The largest first.
    Descending,
}

/// What has to hold for a field, which then is not missing, unless it is asked for that: by [`Null`](Self::Null), or by [`Value::Null`] as
/// what it is equal to. A field that was left out of the payload because it has its default is missing here.
///
/// Text is compared byte by byte, which is by code point. NaN is equal to itself and larger than any other number. A number that no
/// value of the field can reach is no mistake: all are smaller then, or all larger.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// It is this value.
    Equal(Value),
    /// It is another value.
    NotEqual(Value),
    /// It is smaller.
    Less(Value),
    /// It is smaller, or this.
    AtMost(Value),
    /// It is greater.
    Greater(Value),
    /// It is greater, or this.
    AtLeast(Value),
    /// It is one of these.
    In(Vec<Value>),
    /// Its text is this, whatever the case of ASCII letters.
    EqualIgnoreCase(String),
    /// Its text contains this.
    Contains {
        /// What to look for.
        text: String,
        /// Whether the case of ASCII letters is ignored.
        ignore_case: bool,
    },
    /// Its text starts with this.
    StartsWith {
        /// What to look for.
        text: String,
        /// Whether the case of ASCII letters is ignored.
        ignore_case: bool,
    },
    /// Its text ends with this.
    EndsWith {
        /// What to look for.
        text: String,
        /// Whether the case of ASCII letters is ignored.
        ignore_case: bool,
    },
    /// It is missing, or it is not.
    Null(bool),
}
