//! A query as SQL: names checked against the columns, values as arguments, and the same rows in the same order from both databases.
//!
//! Knows columns and dialects. Does not know connections, nor how the rows become values of a model.

mod condition;
mod operand;

use super::dialect::Dialect;
use super::kept::{kept, push_name, push_placeholder};
use crate::registry::Descriptor;
use crate::store::{
    Column, ColumnKind, Condition, Direction, Query, StoreError, StoreErrorKind, Value,
};

/// SQL and what is bound to its placeholders, `$1` onwards.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) arguments: Vec<Value>,
}

/// The statements that answer a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selection {
    /// `pubsub_item` and `pubsub_payload` of each row, in order.
    pub(crate) rows: Statement,
    /// How many there are without limit and offset, if that was asked for.
    pub(crate) total: Option<Statement>,
}

/// More values than this make one statement too large for SQLite.
const MOST_VALUES: usize = 30_000;
/// More conditions or sort keys than this are nobody's question.
const MOST_PARTS: usize = 200;

/// Writes the statements for a query on the table of a model.
///
/// # Errors
///
/// [`StoreErrorKind::Query`] for a field that the model does not have, a value that it cannot be compared with, or too much of either.
pub(crate) fn select(
    dialect: Dialect,
    table: &str,
    model: &Descriptor,
    columns: &[Column],
    query: &Query,
) -> Result<Selection, StoreError> {
    let target = Target { model, columns };
    if query.conditions.len() > MOST_PARTS || query.order.len() > MOST_PARTS {
        return Err(refused(format!(
            "a query takes at most {MOST_PARTS} conditions and {MOST_PARTS} fields to sort by"
        )));
    }
    let mut writer = Writer::new(dialect);
    writer.filter(table, &target, &query.conditions)?;
    let total = query.with_total.then(|| Statement {
        sql: format!("SELECT count(*){}", writer.sql),
        arguments: writer.arguments.clone(),
    });
    writer
        .sql
        .insert_str(0, "SELECT pubsub_item, pubsub_payload");
    writer.order(&target, &query.order)?;
    writer.page(query);
    let Writer { sql, arguments, .. } = writer;
    Ok(Selection {
        rows: Statement { sql, arguments },
        total,
    })
}

fn refused(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Query, message)
}

/// What is asked.
struct Target<'a> {
    model: &'a Descriptor,
    columns: &'a [Column],
}

impl<'a> Target<'a> {
    fn column(&self, field: &str) -> Result<&'a Column, StoreError> {
        let found = self.columns.iter().find(|column| column.field == field);
        found.ok_or_else(|| {
            let fields: Vec<_> = self.columns.iter().map(|c| c.field.as_str()).collect();
            let known = match fields.as_slice() {
                [] => "it has no field with a single value".to_owned(),
                fields => format!("it can be asked for {}", fields.join(", ")),
            };
            refused(format!(
                "`{}` has no field `{}` with a single value; {known}",
                self.name(),
                field.escape_debug()
            ))
        })
    }

    /// The type without its module.
    fn name(&self) -> &'a str {
        let path = self.model.type_name;
        path.rsplit_once("::").map_or(path, |(_, name)| name)
    }
}

/// A statement in the making.
struct Writer {
    dialect: Dialect,
    sql: String,
    arguments: Vec<Value>,
}

impl Writer {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sql: String::with_capacity(256),
            arguments: Vec::new(),
        }
    }

    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// The column as an expression that sorts and compares bytewise where it is text.
    fn name(&mut self, column: &Column) {
        push_name(&mut self.sql, &column.name);
        #[cfg(feature = "postgres")]
        if self.dialect == Dialect::Postgres
            && matches!(column.kind, ColumnKind::Text | ColumnKind::Time)
        {
            self.push(" COLLATE \"C\"");
        }
    }

    fn argument(&mut self, kind: ColumnKind, value: Value) {
        self.arguments.push(kept(self.dialect, kind, value));
        push_placeholder(&mut self.sql, self.dialect, kind, self.arguments.len());
    }

    fn filter(
        &mut self,
        table: &str,
        target: &Target<'_>,
        conditions: &[(String, Condition)],
    ) -> Result<(), StoreError> {
        self.push(" FROM ");
        push_name(&mut self.sql, table);
        for (position, (field, condition)) in conditions.iter().enumerate() {
            self.push(if position == 0 { " WHERE " } else { " AND " });
            self.condition(target, target.column(field)?, condition)?;
        }
        Ok(())
    }

    fn order(
        &mut self,
        target: &Target<'_>,
        order: &[(String, Direction)],
    ) -> Result<(), StoreError> {
        self.push(" ORDER BY ");
        for (field, direction) in order {
            self.name(target.column(field)?);
            self.push(match direction {
                Direction::Ascending => " ASC NULLS FIRST, ",
                Direction::Descending => " DESC NULLS LAST, ",
            });
        }
        self.push("pubsub_row");
        Ok(())
    }

    fn page(&mut self, query: &Query) {
        // Half of what fits, so that no database overflows when it adds the two.
        const ALL: i64 = i64::MAX / 2;
        let clamped = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(ALL).min(ALL));
        if query.limit.is_some() || query.offset > 0 {
            self.push(" LIMIT ");
            self.argument(
                ColumnKind::Integer,
                query.limit.map_or(Value::Integer(ALL), clamped),
            );
        }
        if query.offset > 0 {
            self.push(" OFFSET ");
            self.argument(ColumnKind::Integer, clamped(query.offset));
        }
    }
}

#[cfg(test)]
mod tests;
