//! A model that has changed since its table was made: columns are added, and filled from the payloads.
//!
//! Knows which columns are behind, from the note. A column is only ever what can be read from the payload, so nothing is lost by making it anew.

use super::connection::Connection;
use super::kept::column_type;
use super::lanes;
use super::note::Noted;
use super::statement::Statement;
use super::table::Table;
use crate::name::NodeName;
use crate::store::split::split;
use crate::store::{Column, StoreError, Value};

/// How many rows are read at once.
const CHUNK: u32 = 500;

/// Inside a transaction: adds the columns that a table lacks, and fills those that do not say what the payloads say. Nobody writes rows of the
/// model meanwhile.
pub(crate) async fn bring_up_to_date(
    connection: &mut dyn Connection,
    table: &Table,
    mut noted: Noted,
) -> Result<(), StoreError> {
    let mut changed = Vec::new();
    for column in &table.columns {
        if noted.is_current(column) {
            continue;
        }
        if !noted.has(column) {
            add(connection, table, column).await?;
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
        "columns are made of the rows anew"
    );
    fill(connection, table, &changed).await?;
    noted.made(&changed);
    note(connection, table, &noted).await
}

/// Keeps others from writing rows of a model until the end of the transaction, where that is not so by itself: they have its counter.
pub(crate) async fn hold(connection: &mut dyn Connection, table: &Table) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    if dialect.lanes_for_update().is_empty() {
        return Ok(());
    }
    let Ok(node) = NodeName::new(table.model.node) else {
        return Ok(());
    };
    connection
        .execute(lanes::make(dialect, std::slice::from_ref(&node)))
        .await?;
    // A change, so that transactions that see an older moment are refused.
    let mut touch = Statement::new(dialect, "UPDATE pubsub_node SET last = last WHERE node = ");
    touch.bind(&node);
    connection.execute(touch).await.map(drop)
}

/// Writes down what is noted.
pub(crate) async fn note(
    connection: &mut dyn Connection,
    table: &Table,
    noted: &Noted,
) -> Result<(), StoreError> {
    let mut note = Statement::new(connection.dialect(), "UPDATE pubsub_model SET columns = ");
    note.bind(noted.write())
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
                        rows.push((number, vec![Value::Null; columns.len()]));
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
