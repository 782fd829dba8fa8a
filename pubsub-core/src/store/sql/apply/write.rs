//! Writes what a batch has come to: rows, counters and entries, many at a time.
//!
//! Knows the statements. Decides nothing.

use std::sync::Arc;

use super::ground::{Ground, LaneState, RowState, TableState};
use super::plan::Numbered;
use crate::name::{ItemId, NodeName};
use crate::store::sql::clock::now;
use crate::store::sql::column_change;
use crate::store::sql::connection::Connection;
use crate::store::sql::note::Noted;
use crate::store::sql::script::Script;
use crate::store::sql::statement::{Arg, Statement, sizes};
use crate::store::{StoreError, StoreErrorKind, Value};

/// Writes everything, but for small statements, which are left to travel with the commit.
pub(super) async fn write(
    connection: &mut dyn Connection,
    mut ground: Ground,
    entries: Vec<Numbered>,
) -> Result<Script, StoreError> {
    let mut script = Script::new(connection.dialect());
    for state in std::mem::take(&mut ground.tables).into_values() {
        delete_rows(connection, &state).await?;
        write_rows(connection, state, &mut script).await?;
    }
    count(connection, &mut ground, &mut script).await?;
    write_entries(connection, &ground, entries, &mut script).await?;
    Ok(script)
}

async fn delete_rows(
    connection: &mut dyn Connection,
    state: &TableState,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let gone: Vec<Arg> = state
        .rows
        .iter()
        .filter(|(_, row)| row.is_cut)
        .map(|(item, _)| item.into())
        .collect();
    for chunk in gone.chunks(dialect.most_rows()) {
        let mut delete = Statement::new(dialect, "DELETE FROM ");
        delete
            .name(&state.table.name)
            .push(" WHERE pubsub_item IN ")
            .list(chunk.to_vec());
        connection.execute(delete).await?;
    }
    Ok(())
}

/// A row that is to be written.
struct Pending {
    birth: u64,
    item: ItemId,
    payload: Arc<str>,
    values: Arc<[Value]>,
}

async fn write_rows(
    connection: &mut dyn Connection,
    state: TableState,
    script: &mut Script,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let TableState { table, rows, note } = state;
    let pending = |(item, row): (ItemId, RowState)| {
        Some(Pending {
            birth: row.birth,
            item,
            payload: row.payload?,
            values: row.values?,
        })
    };
    let mut rows: Vec<Pending> = rows.into_iter().filter_map(pending).collect();
    rows.sort_unstable_by_key(|row| row.birth);
    if let Some(note) = note.filter(|_| !rows.is_empty()) {
        let mut noted = Noted::read(&table.name, &note);
        // Another version of the model has columns that are not written here.
        if noted.written(&table.columns) {
            column_change::note(connection, &table, &noted).await?;
        }
    }
    let mut rest = rows.into_iter();
    // SQLite takes 32,766 arguments, PostgreSQL twice as many.
    let most = (16_000 / (table.columns.len() + 2)).clamp(1, dialect.most_rows());
    let all = rest.len();
    for size in sizes(all, most) {
        let mut upsert = script.statement("INSERT INTO ", all);
        upsert
            .name(&table.name)
            .push(" (pubsub_item, pubsub_payload");
        for column in &table.columns {
            upsert.push(", ").name(&column.name);
        }
        upsert.push(") VALUES ");
        for (position, row) in rest.by_ref().take(size).enumerate() {
            upsert.push(if position > 0 { ", (" } else { "(" });
            upsert.bind(&row.item).push(", ").bind(row.payload);
            for (column, value) in table.columns.iter().zip(row.values.iter()) {
                upsert.push(", ").bind_column(column.kind, value.clone());
            }
            upsert.push(")");
        }
        upsert.push(
            " ON CONFLICT (pubsub_item) DO UPDATE SET pubsub_payload = excluded.pubsub_payload",
        );
        for column in &table.columns {
            upsert
                .push(", ")
                .name(&column.name)
                .push(" = excluded.")
                .name(&column.name);
        }
        script.hand_in(upsert, all, connection).await?;
    }
    Ok(())
}

/// Writes the counters that have moved, and learns the ids of nodes that had no row.
async fn count(
    connection: &mut dyn Connection,
    ground: &mut Ground,
    script: &mut Script,
) -> Result<(), StoreError> {
    let most = connection.dialect().most_rows();
    let mut moved: Vec<(NodeName, LaneState)> = ground
        .lanes
        .iter()
        .filter(|(_, lane)| lane.last != lane.before)
        .map(|(node, lane)| (node.clone(), *lane))
        .collect();
    moved.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let (known, new): (Vec<_>, Vec<_>) = moved.into_iter().partition(|(_, lane)| lane.id.is_some());
    let mut rest = &new[..];
    for size in sizes(new.len(), most) {
        let mut insert = Statement::new(connection.dialect(), COUNT);
        counters(&mut insert, &mut rest, size);
        insert.push(" RETURNING id, node");
        connection
            .fetch(insert, &mut |row| {
                if let Some(lane) = ground.lanes.get_mut(row.some_text(1)?) {
                    lane.id = row.integer(0)?;
                }
                Ok(())
            })
            .await?;
    }
    let mut rest = &known[..];
    for size in sizes(known.len(), most) {
        let mut upsert = script.statement(COUNT, known.len());
        counters(&mut upsert, &mut rest, size);
        script.hand_in(upsert, known.len(), connection).await?;
    }
    Ok(())
}

const COUNT: &str = "INSERT INTO pubsub_node (node, last) VALUES ";

/// Appends the next of the counters.
fn counters(upsert: &mut Statement, rest: &mut &[(NodeName, LaneState)], size: usize) {
    let (some, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
    *rest = later;
    for (position, (node, lane)) in some.iter().enumerate() {
        upsert.push(if position > 0 { ", (" } else { "(" });
        upsert.bind(node).push(", ").bind(lane.last).push(")");
    }
    upsert.push(" ON CONFLICT (node) DO UPDATE SET last = excluded.last");
}

const INSERT: &str = "INSERT INTO pubsub_entry \
    (node_id, sequence, item, kind, action, model, origin, payload, created_at) VALUES ";

async fn write_entries(
    connection: &mut dyn Connection,
    ground: &Ground,
    entries: Vec<Numbered>,
    script: &mut Script,
) -> Result<(), StoreError> {
    let most = connection.dialect().most_rows();
    let now = now();
    let mut rest = entries.into_iter();
    let all = rest.len();
    for size in sizes(all, most) {
        let mut insert = script.statement(INSERT, all);
        for (position, Numbered { sequence, entry }) in rest.by_ref().take(size).enumerate() {
            let lane = ground.lanes.get(&entry.node).and_then(|lane| lane.id);
            let lane = lane.ok_or_else(|| {
                let message = format!("node {} has no row", entry.node);
                StoreError::new(StoreErrorKind::Database, message)
            })?;
            insert.push(if position > 0 { ", (" } else { "(" });
            insert.bind(lane).push(", ").bind(sequence);
            for arg in entry.args() {
                insert.push(", ").bind(arg);
            }
            insert.push(", ").bind(now).push(")");
        }
        script.hand_in(insert, all, connection).await?;
    }
    Ok(())
}
