//! How a value is kept in a column: the type of the column, the value that is bound, and the expression around it.
//!
//! Knows kinds of columns and both databases. Does not know tables. Whatever is kept by these rules sorts and compares alike in both.
//!
//! SQLite has no whole numbers above 64 bits and no NaN, but it sorts any text after any number. So a big number that does not fit is
//! text, `ABOVE` and the digits at full width, and NaN is the text `NaN`. A number that may be below what fits is always text.

use std::fmt::Write as _;

use super::dialect::Dialect;
use crate::store::{ColumnKind, Value};

/// Begins a number that is not negative. No number begins so, and no affinity makes one of the text.
#[cfg(feature = "sqlite")]
const ABOVE: char = '>';
/// Begins a negative number, and sorts before [`ABOVE`].
#[cfg(feature = "sqlite")]
const BELOW: char = '<';

/// The type of a column, as `CREATE TABLE` takes it.
pub(crate) const fn column_type(dialect: Dialect, kind: ColumnKind) -> &'static str {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => match kind {
            ColumnKind::Bool | ColumnKind::Integer | ColumnKind::BigInteger => "INTEGER",
            ColumnKind::Real => "REAL",
            ColumnKind::WideInteger | ColumnKind::Time | ColumnKind::Text => "TEXT",
        },
        #[cfg(feature = "postgres")]
        Dialect::Postgres => match kind {
            ColumnKind::Bool => "BOOLEAN",
            ColumnKind::Integer => "BIGINT",
            ColumnKind::BigInteger | ColumnKind::WideInteger => "NUMERIC",
            ColumnKind::Real => "DOUBLE PRECISION",
            ColumnKind::Time | ColumnKind::Text => "TEXT COLLATE \"C\"",
        },
    }
}

/// The type that a value of [`kept`] is cast to, where a placeholder alone does not tell; the same for all values of a column.
pub(crate) const fn cast(dialect: Dialect, kind: ColumnKind) -> Option<&'static str> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let _ = kind;
            None
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => match kind {
            ColumnKind::BigInteger | ColumnKind::WideInteger => Some("NUMERIC"),
            _ => None,
        },
    }
}

/// What is bound for a value of such a column, as [`split`](crate::store::split) makes them. In PostgreSQL a number of [`cast`] is
/// always bound as text.
pub(crate) fn kept(dialect: Dialect, kind: ColumnKind, value: Value) -> Value {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => match (kind, value) {
            (ColumnKind::Real, Value::Real(number)) if number.is_nan() => Value::Text("NaN".into()),
            (ColumnKind::BigInteger, Value::Text(digits)) => {
                Value::Text(digits.parse().map_or(digits, |number| above(number).into()))
            }
            (ColumnKind::WideInteger, Value::Integer(number)) => {
                Value::Text(wide(number.into()).into())
            }
            (ColumnKind::WideInteger, Value::Text(digits)) => {
                Value::Text(digits.parse().map_or(digits, |number| wide(number).into()))
            }
            (_, value) => value,
        },
        #[cfg(feature = "postgres")]
        Dialect::Postgres => match (kind, value) {
            (ColumnKind::BigInteger | ColumnKind::WideInteger, Value::Integer(number)) => {
                Value::Text(number.to_string().into())
            }
            (_, value) => value,
        },
    }
}

#[cfg(feature = "sqlite")]
fn above(number: u128) -> String {
    format!("{ABOVE}{number:039}")
}

/// Of negative numbers the distance from the smallest one, so that the texts sort as the numbers do.
#[cfg(feature = "sqlite")]
fn wide(number: i128) -> String {
    match u128::try_from(number) {
        Ok(number) => above(number),
        Err(_) => format!("{BELOW}{:039}", number.abs_diff(i128::MIN)),
    }
}

/// Appends a name as an identifier.
pub(crate) fn push_name(sql: &mut String, name: &str) {
    sql.push('"');
    for (position, part) in name.split('"').enumerate() {
        if position > 0 {
            sql.push_str("\"\"");
        }
        sql.push_str(part);
    }
    sql.push('"');
}

/// Appends the placeholder of argument `number`, from 1, that goes into or is compared with such a column.
pub(crate) fn push_placeholder(
    sql: &mut String,
    dialect: Dialect,
    kind: ColumnKind,
    number: usize,
) {
    // Writing to a string never fails.
    let _ = match cast(dialect, kind) {
        Some(to) => write!(sql, "CAST(${number}::TEXT AS {to})"),
        None => write!(sql, "${number}"),
    };
}
