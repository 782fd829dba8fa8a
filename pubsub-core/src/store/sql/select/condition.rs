//! One condition as an expression.
//!
//! Knows the comparisons, and the functions for text of both databases. An expression is true or it is not; whether "not" is false or
//! unknown makes no difference where it stands.

use super::operand::Operand;
use super::{Dialect, MOST_VALUES, Target, Writer, refused};
use crate::store::{Column, ColumnKind, Condition, StoreError, Value};

const NEVER: &str = "1 = 0";

impl Writer {
    pub(super) fn condition(
        &mut self,
        target: &Target<'_>,
        column: &Column,
        condition: &Condition,
    ) -> Result<(), StoreError> {
        if self.arguments.len() >= MOST_VALUES {
            return Err(too_many());
        }
        match condition {
            Condition::Equal(value) => match target.operand(column, value)? {
                Operand::Missing => self.null(column, true),
                Operand::Exactly(value) => self.compare(column, " = ", value),
                Operand::Below | Operand::Above => self.push(NEVER),
            },
            Condition::NotEqual(value) => match target.operand(column, value)? {
                Operand::Exactly(value) => self.compare(column, " <> ", value),
                Operand::Missing | Operand::Below | Operand::Above => self.null(column, false),
            },
            Condition::Less(value) => self.bound(target, column, " < ", value)?,
            Condition::AtMost(value) => self.bound(target, column, " <= ", value)?,
            Condition::Greater(value) => self.bound(target, column, " > ", value)?,
            Condition::AtLeast(value) => self.bound(target, column, " >= ", value)?,
            Condition::In(values) => self.one_of(target, column, values)?,
            Condition::EqualIgnoreCase(text) => {
                let text = target.sought(column, text)?;
                self.text(column, true);
                self.push(" = ");
                self.sought(text.to_ascii_lowercase());
            }
            Condition::Contains { text, ignore_case } => {
                let text = cased(target.sought(column, text)?.into_owned(), *ignore_case);
                self.contains(column, *ignore_case, text);
            }
            Condition::StartsWith { text, ignore_case } => {
                let text = cased(target.sought(column, text)?.into_owned(), *ignore_case);
                self.starts_with(column, *ignore_case, text);
            }
            Condition::EndsWith { text, ignore_case } => {
                let text = cased(target.sought(column, text)?.into_owned(), *ignore_case);
                self.ends_with(column, *ignore_case, text);
            }
            Condition::Null(is_null) => self.null(column, *is_null),
        }
        Ok(())
    }

    fn null(&mut self, column: &Column, is_null: bool) {
        self.name(column);
        self.push(if is_null { " IS NULL" } else { " IS NOT NULL" });
    }

    fn compare(&mut self, column: &Column, operator: &str, value: Value) {
        self.name(column);
        self.push(operator);
        self.argument(column.kind, value);
    }

    fn bound(
        &mut self,
        target: &Target<'_>,
        column: &Column,
        operator: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        let is_upper = operator.starts_with(" <");
        match target.operand(column, value)? {
            Operand::Exactly(value) => self.compare(column, operator, value),
            Operand::Above if is_upper => self.null(column, false),
            Operand::Below if !is_upper => self.null(column, false),
            Operand::Missing | Operand::Above | Operand::Below => self.push(NEVER),
        }
        Ok(())
    }

    /// The list is filled up to a power of two with its last value, so that lists of many lengths share few statements.
    fn one_of(
        &mut self,
        target: &Target<'_>,
        column: &Column,
        values: &[Value],
    ) -> Result<(), StoreError> {
        let mut may_be_missing = false;
        let mut exact = Vec::with_capacity(values.len().next_power_of_two().min(MOST_VALUES));
        for value in values {
            match target.operand(column, value)? {
                Operand::Missing => may_be_missing = true,
                Operand::Exactly(value) => exact.push(value),
                Operand::Below | Operand::Above => {}
            }
        }
        if self.arguments.len() + exact.len() > MOST_VALUES {
            return Err(too_many());
        }
        let room = MOST_VALUES - self.arguments.len();
        if let Some(last) = exact.last().cloned() {
            exact.resize(exact.len().next_power_of_two().min(room), last);
        }
        self.push("(");
        if may_be_missing {
            self.null(column, true);
            self.push(" OR ");
        }
        if exact.is_empty() {
            self.push(NEVER);
        } else {
            self.name(column);
            self.push(" IN (");
            for (position, value) in exact.into_iter().enumerate() {
                self.push(if position == 0 { "" } else { ", " });
                self.argument(column.kind, value);
            }
            self.push(")");
        }
        self.push(")");
        Ok(())
    }

    /// The text of a column. In both databases, `lower` then changes nothing but the letters of ASCII.
    fn text(&mut self, column: &Column, ignore_case: bool) {
        self.push(if ignore_case { "lower(" } else { "(" });
        self.name(column);
        self.push(")");
    }

    fn sought(&mut self, text: String) {
        self.argument(ColumnKind::Text, Value::Text(text.into()));
    }

    fn contains(&mut self, column: &Column, ignore_case: bool, text: String) {
        self.push(match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => "instr(",
            #[cfg(feature = "postgres")]
            Dialect::Postgres => "strpos(",
        });
        self.text(column, ignore_case);
        self.push(", ");
        self.sought(text);
        self.push(") > 0");
    }

    fn starts_with(&mut self, column: &Column, ignore_case: bool, text: String) {
        let length = Value::Integer(length(&text));
        self.push("substr(");
        self.text(column, ignore_case);
        self.push(", 1, ");
        self.length(length);
        self.push(") = ");
        self.sought(text);
    }

    fn ends_with(&mut self, column: &Column, ignore_case: bool, text: String) {
        let length = Value::Integer(length(&text));
        // Of a text that is shorter than what is looked for, both take all of it.
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                if text.is_empty() {
                    return self.null(column, false);
                }
                self.push("substr(");
                self.text(column, ignore_case);
                self.push(", -");
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                self.push("right(");
                self.text(column, ignore_case);
                self.push(", ");
            }
        }
        self.length(length);
        self.push(") = ");
        self.sought(text);
    }

    /// A number of characters, as the functions of PostgreSQL want it.
    fn length(&mut self, length: Value) {
        self.push("CAST(");
        self.argument(ColumnKind::Integer, length);
        self.push(" AS INTEGER)");
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn cased(text: String, ignore_case: bool) -> String {
    if ignore_case {
        text.to_ascii_lowercase()
    } else {
        text
    }
}

fn too_many() -> StoreError {
    refused(format!(
        "a query takes at most {MOST_VALUES} values; ask for fewer at a time"
    ))
}
