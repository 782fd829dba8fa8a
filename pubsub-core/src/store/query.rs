//! Which rows are asked for, and in what order: names of fields and plain values, checked against the model when it is carried out.

use super::value::Value;

/// A question for rows of one model.
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
}

/// Which way a field is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first. A missing value is smaller than any other.
    Ascending,
    /// The largest first.
    Descending,
}

/// What has to hold for a field. Nothing but [`Null`](Self::Null) holds for a missing value.
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
