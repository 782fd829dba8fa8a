//! Writes what a batch has come to: rows, counters and entries, many at a time.
//!
//! Knows the statements. Decides nothing.

use std::sync::Arc;

use super::ground::{Ground, LaneState, RowState, TableState};
use super::plan::Numbered;
use crate::name::{ItemId, NodeName};
use crate::store::sql::clock::now;
use crate::store::sql::connection::Connection;
use crate::store::sql::statement::{Arg, Statement, sizes};
use crate::store::{StoreError, StoreErrorKind, Value};

/// Writes everything.
pub(super) async fn write(
    connection: &mut dyn Connection,
    mut ground: Ground,
    entries: Vec<Numbered>,
) -> Result<(), StoreError> {
    for state in std::mem::take(&mut ground.tables).into_values() {
        delete_rows(connection, &state).await?;
        write_rows(connection, state).await?;
    }
    count(connection, &mut ground).await?;
    write_entries(connection, &ground, entries).await
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

async fn write_rows(connection: &mut dyn Connection, state: TableState) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let TableState { table, rows } = state;
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
    let mut rest = rows.into_iter();
    // SQLite takes 32,766 arguments, PostgreSQL twice as many.
    let most = (16_000 / (table.columns.len() + 2)).clamp(1, dialect.most_rows());
    for size in sizes(rest.len(), most) {
        let mut upsert = Statement::new(dialect, "INSERT INTO ");
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
        connection.execute(upsert).await?;
    }
    Ok(())
}

/// Writes the counters that have moved, and learns the ids of nodes that had no row.
async fn count(connection: &mut dyn Connection, ground: &mut Ground) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let mut moved: Vec<(NodeName, LaneState)> = ground
        .lanes
        .iter()
        .filter(|(_, lane)| lane.last != lane.before)
        .map(|(node, lane)| (node.clone(), *lane))
        .collect();
    moved.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let mut rest = moved.iter();
    for size in sizes(moved.len(), dialect.most_rows()) {
        let mut upsert = Statement::new(dialect, "INSERT INTO pubsub_node (node, last) VALUES ");
        let mut is_new = false;
        for (position, (node, lane)) in rest.by_ref().take(size).enumerate() {
            is_new |= lane.id.is_none();
            upsert.push(if position > 0 { ", (" } else { "(" });
            upsert.bind(node).push(", ").bind(lane.last).push(")");
        }
        upsert.push(" ON CONFLICT (node) DO UPDATE SET last = excluded.last");
        if is_new {
            upsert.push(" RETURNING id, node");
            connection
                .fetch(upsert, &mut |row| {
                    if let Some(lane) = ground.lanes.get_mut(row.some_text(1)?) {
                        lane.id = row.integer(0)?;
                    }
                    Ok(())
                })
                .await?;
        } else {
            connection.execute(upsert).await?;
        }
    }
    Ok(())
}

async fn write_entries(
    connection: &mut dyn Connection,
    ground: &Ground,
    entries: Vec<Numbered>,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let now = now();
    let mut rest = entries.into_iter();
    for size in sizes(rest.len(), dialect.most_rows()) {
        let mut insert = Statement::new(
            dialect,
            "INSERT INTO pubsub_entry (node_id, sequence, item, kind, action, model, origin, payload, created_at) VALUES ",
        );
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
        connection.execute(insert).await?;
    }
    Ok(())
}
