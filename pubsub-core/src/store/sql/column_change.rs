//! A model that has changed since its table was made: columns are added or made anew, and filled from the payloads.
//!
//! Knows columns as they were noted. A column is only ever what can be read from the payload, so nothing is lost by making it anew.

use super::connection::Connection;
use super::dialect::Dialect;
use super::kept::column_type;
use super::statement::Statement;
use super::table::Table;
use crate::store::split::split;
use crate::store::{Column, StoreError};

/// How many rows are read at once.
const CHUNK: u32 = 500;

/// The table of a model as it was last made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Its name.
    pub(crate) table: String,
    /// The names and kinds of its columns; of those that a model no longer has, too.
    columns: Vec<(String, String)>,
}

impl Noted {
    /// Reads what [`write`](Self::write) wrote.
    pub(crate) fn read(table: &str, columns: &str) -> Self {
        let columns = columns
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .collect();
        Self {
            table: table.to_owned(),
            columns,
        }
    }

    /// A line a column: name and kind.
    pub(crate) fn write(columns: &[Column]) -> String {
        columns
            .iter()
            .map(|column| format!("{} {}\n", column.name, column.kind.as_str()))
            .collect()
    }

    /// Whether the table has these columns.
    pub(crate) fn has(&self, columns: &[Column]) -> bool {
        columns
            .iter()
            .all(|column| self.kind(column) == Some(column.kind.as_str()))
    }

    fn kind(&self, column: &Column) -> Option<&str> {
        let mut same = self.columns.iter().filter(|(name, _)| *name == column.name);
        same.next().map(|(_, kind)| &**kind)
    }

    /// The note after the change: columns that the model does not have stay.
    fn with(&self, columns: &[Column]) -> String {
        let mut text = Self::write(columns);
        for (name, kind) in &self.columns {
            if !columns.iter().any(|column| column.name == *name) {
                text.push_str(name);
                text.push(' ');
                text.push_str(kind);
                text.push('\n');
            }
        }
        text
    }
}

/// Inside a transaction: changes the columns of a table that differ, and fills them.
pub(crate) async fn bring_up_to_date(
    connection: &mut dyn Connection,
    table: &Table,
    noted: &Noted,
) -> Result<(), StoreError> {
    let mut changed = Vec::new();
    for column in &table.columns {
        match noted.kind(column) {
            Some(kind) if kind == column.kind.as_str() => continue,
            Some(_) => retype(connection, table, column).await?,
            None => add(connection, table, column).await?,
        }
        changed.push(column.clone());
    }
    if changed.is_empty() {
        return Ok(());
    }
    tracing::info!(
        table = table.name,
        model = table.model.type_name,
        columns = changed.len(),
        "the columns of a model have changed"
    );
    fill(connection, table, &changed).await?;
    let mut note = Statement::new(connection.dialect(), "UPDATE pubsub_model SET columns = ");
    note.bind(noted.with(&table.columns))
        .push(" WHERE node = ")
        .bind(table.model.node);
    connection.execute(note).await.map(drop)
}

async fn add(
    connection: &mut dyn Connection,
    table: &Table,
    column: &Column,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let mut add = Statement::new(dialect, "ALTER TABLE ");
    add.name(&table.name)
        .push(" ADD COLUMN ")
        .name(&column.name);
    add.push(" ").push(column_type(dialect, column.kind));
    connection.execute(add).await.map(drop)
}

/// Makes a column one of another type. An index on it, which is not ours, stays where the database can do that.
async fn retype(
    connection: &mut dyn Connection,
    table: &Table,
    column: &Column,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let mut alter = Statement::new(dialect, "ALTER TABLE ");
    alter.name(&table.name);
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            alter.push(" DROP COLUMN ").name(&column.name);
            connection.execute(alter).await?;
            add(connection, table, column).await
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            alter
                .push(" ALTER COLUMN ")
                .name(&column.name)
                .push(" TYPE ");
            alter
                .push(column_type(dialect, column.kind))
                .push(" USING NULL");
            connection.execute(alter).await.map(drop)
        }
    }
}

/// Reads the columns from the payloads, a chunk of rows at a time.
async fn fill(
    connection: &mut dyn Connection,
    table: &Table,
    columns: &[Column],
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let mut after = 0;
    loop {
        let mut rows = Vec::new();
        let mut is_end = true;
        let mut read = Statement::new(dialect, "SELECT pubsub_row, pubsub_payload FROM ");
        read.name(&table.name)
            .push(" WHERE pubsub_row > ")
            .bind(after);
        read.push(" ORDER BY pubsub_row LIMIT ")
            .bind(i64::from(CHUNK));
        connection
            .fetch(read, &mut |row| {
                let number = row.some_integer(0)?;
                after = number;
                is_end = false;
                match split(table.model, columns, row.some_text(1)?) {
                    Ok(values) => rows.push((number, values)),
                    // A row that the model cannot read has no values to filter by; it is still there.
                    Err(error) => {
                        tracing::warn!(table = table.name, row = number, %error, "a row cannot be read");
                    }
                }
                Ok(())
            })
            .await?;
        if is_end {
            return Ok(());
        }
        for (number, values) in rows {
            let mut update = Statement::new(dialect, "UPDATE ");
            update.name(&table.name).push(" SET ");
            for (position, (column, value)) in columns.iter().zip(values).enumerate() {
                if position > 0 {
                    update.push(", ");
                }
                update
                    .name(&column.name)
                    .push(" = ")
                    .bind_column(column.kind, value);
            }
            update.push(" WHERE pubsub_row = ").bind(number);
            connection.execute(update).await?;
        }
    }
}
