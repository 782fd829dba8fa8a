//! Reading rows, together with the moment at which they were read.
//!
//! Knows the tables of models and the statements of `select`. Does not make values of models.

use std::sync::Arc;

use super::connection::Connection;
use super::entries::lane;
use super::select::select;
use super::statement::Statement;
use super::table::Table;
use crate::name::{ItemId, NodeName};
use crate::store::{Query, Row, Rows, StoreError, StoreErrorKind};

/// The row of an item.
pub(super) async fn row(
    connection: &mut dyn Connection,
    table: &Table,
    item: &ItemId,
) -> Result<Option<Row>, StoreError> {
    let mut found = None;
    let mut read = Statement::new(connection.dialect(), "SELECT pubsub_payload FROM ");
    read.name(&table.name)
        .push(" WHERE pubsub_item = ")
        .bind(item);
    connection
        .fetch(read, &mut |row| {
            found = Some(Row {
                item: item.clone(),
                payload: row.some_text(0)?.into(),
            });
            Ok(())
        })
        .await?;
    Ok(found)
}

/// What a query asks for. The connection must see the same moment in all statements.
pub(super) async fn rows(
    connection: &mut dyn Connection,
    table: &Table,
    query: &Query,
) -> Result<Rows, StoreError> {
    let dialect = connection.dialect();
    let selection = select(dialect, &table.name, table.model, &table.columns, query)?;
    let mut rows = Rows {
        rows: Vec::new(),
        total: None,
        sequence: 0,
        channels: Vec::with_capacity(query.channels.len()),
    };
    if let Ok(node) = NodeName::new(table.model.node) {
        rows.sequence = last(connection, &node).await?;
    }
    for channel in &query.channels {
        rows.channels.push(last(connection, channel).await?);
    }
    if let Some(total) = selection.total {
        connection
            .fetch(Statement::numbered(dialect, total), &mut |row| {
                rows.total = Some(row.count(0)?);
                Ok(())
            })
            .await?;
    }
    connection
        .fetch(Statement::numbered(dialect, selection.rows), &mut |row| {
            let item = ItemId::new(row.some_text(0)?).map_err(|error| {
                let message = format!("a row of table {} has an id that is none", table.name);
                StoreError::new(StoreErrorKind::Row, message).with(error)
            })?;
            let payload: Arc<str> = row.some_text(1)?.into();
            rows.rows.push(Row { item, payload });
            Ok(())
        })
        .await?;
    Ok(rows)
}

/// The number of the last change of a node.
async fn last(connection: &mut dyn Connection, node: &NodeName) -> Result<u64, StoreError> {
    let lane = lane(connection, node).await?;
    Ok(lane.map_or(0, |lane| lane.last))
}
