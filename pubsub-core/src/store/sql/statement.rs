//! A statement and its arguments, put together so that values never stand in the text.
//!
//! Knows how placeholders are written. Does not know who carries a statement out.

#[cfg(feature = "postgres")]
use std::fmt::Write as _;
use std::sync::Arc;

use super::dialect::Dialect;
use super::kept::{cast, kept, push_name};
use super::select;
use crate::name::{ItemId, NodeName};
use crate::store::{ColumnKind, Value};

/// What is bound to a placeholder. The type is always the same at the same place of the same statement: prepared ones depend on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg {
    /// Nothing, of a type.
    Null(ArgType),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// Text that others hold too.
    Text(Arc<str>),
    /// Text of its own.
    Owned(String),
    /// Text of the program.
    Word(&'static str),
}

/// The type of a missing argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArgType {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// Any other number.
    Real,
    /// Text.
    Text,
}

/// A statement that is being put together.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    dialect: Dialect,
    /// How many arguments of others stand before its own.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite counts by itself")
    )]
    before: usize,
    pub(crate) text: String,
    pub(crate) args: Vec<Arg>,
}

impl Statement {
    pub(crate) fn new(dialect: Dialect, text: &str) -> Self {
        Self::after(dialect, 0, text)
    }

    /// A statement that is going to stand behind others with so many arguments.
    pub(super) fn after(dialect: Dialect, before: usize, text: &str) -> Self {
        Self {
            dialect,
            before,
            text: text.to_owned(),
            args: Vec::new(),
        }
    }

    /// A statement that was written with numbered placeholders.
    pub(crate) fn numbered(dialect: Dialect, written: select::Statement) -> Self {
        Self {
            dialect,
            before: 0,
            text: written.sql,
            args: written.arguments.into_iter().map(Into::into).collect(),
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends an identifier.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        push_name(&mut self.text, name);
        self
    }

    /// Appends a placeholder for a value.
    pub(crate) fn bind(&mut self, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        match self.dialect {
            // Without a number sqlx need not read the placeholder's name again for each execution.
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => self.text.push('?'),
            // Writing to a string never fails.
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                let _ = write!(self.text, "${}", self.before + self.args.len());
            }
        }
        self
    }

    /// Appends a placeholder for the value of a column.
    pub(crate) fn bind_column(&mut self, kind: ColumnKind, value: Value) -> &mut Self {
        let arg = Arg::of(kept(self.dialect, kind, value), self.dialect, kind);
        match cast(self.dialect, kind) {
            None => self.bind(arg),
            Some(to) => {
                self.push("CAST(").bind(arg).push("::TEXT AS ");
                self.push(to).push(")")
            }
        }
    }

    /// Appends `(?, ?, ...)` for what is to be found, the last of it several times, so that there are few different statements.
    pub(crate) fn list(&mut self, args: Vec<Arg>) -> &mut Self {
        let missing = room(args.len()) - args.len();
        let last = args.last().cloned();
        self.push("(");
        for (position, arg) in args
            .into_iter()
            .chain(std::iter::repeat_n(last, missing).flatten())
            .enumerate()
        {
            if position > 0 {
                self.push(", ");
            }
            self.bind(arg);
        }
        self.push(")")
    }
}

impl Arg {
    /// A value for a column, with the type that all values of the column have.
    fn of(value: Value, dialect: Dialect, kind: ColumnKind) -> Self {
        match value {
            Value::Null => Self::Null(match kind {
                _ if cast(dialect, kind).is_some() => ArgType::Text,
                ColumnKind::Bool => ArgType::Bool,
                ColumnKind::Integer | ColumnKind::BigInteger => ArgType::Integer,
                ColumnKind::Real => ArgType::Real,
                _ => ArgType::Text,
            }),
            value => value.into(),
        }
    }
}

impl From<Value> for Arg {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null(ArgType::Text),
            Value::Bool(value) => Self::Bool(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(text) => Self::Owned(text.into_owned()),
        }
    }
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

/// Numbers of entries; what is beyond 63 bits is never reached.
impl From<u64> for Arg {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&'static str> for Arg {
    fn from(text: &'static str) -> Self {
        Self::Word(text)
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}

impl From<Arc<str>> for Arg {
    fn from(text: Arc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<&NodeName> for Arg {
    fn from(name: &NodeName) -> Self {
        Self::Text(name.shared())
    }
}

impl From<&ItemId> for Arg {
    fn from(name: &ItemId) -> Self {
        Self::Text(name.shared())
    }
}

impl From<Option<Arc<str>>> for Arg {
    fn from(text: Option<Arc<str>>) -> Self {
        text.map_or(Self::Null(ArgType::Text), Self::Text)
    }
}

impl From<Option<&'static str>> for Arg {
    fn from(text: Option<&'static str>) -> Self {
        text.map_or(Self::Null(ArgType::Text), Self::Word)
    }
}

/// Up to this many rows a statement may have any number of them.
pub(super) const ANY: usize = 8;

/// Splits a number of rows into statements of few sizes, so that few of them have to be prepared: small ones, and powers of two.
pub(crate) fn sizes(rows: usize, most: usize) -> impl Iterator<Item = usize> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = match rest.min(most) {
            few @ 0..=ANY => few,
            many => many.next_power_of_two() / if many.is_power_of_two() { 1 } else { 2 },
        };
        rest -= size;
        (size > 0).then_some(size)
    })
}

/// The size of the smallest statement that has room for so many.
pub(crate) fn room(rows: usize) -> usize {
    if rows <= ANY {
        rows
    } else {
        rows.next_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_two_and_add_up() {
        for rows in 0..300 {
            let all: Vec<_> = sizes(rows, 64).collect();
            assert_eq!(all.iter().sum::<usize>(), rows);
            assert!(
                all.iter()
                    .all(|size| *size <= ANY || size.is_power_of_two() && *size <= 64)
            );
            assert!(room(rows) >= rows && room(rows) <= rows.max(ANY) * 2);
        }
        assert_eq!(sizes(102, 64).collect::<Vec<_>>(), [64, 32, 6]);
    }
}
