//! A unit with everything that can be made ready before a transaction is open.
//!
//! Knows tables and the values of columns. Does not touch the database but to find the tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ask::Asked;
use crate::name::NodeName;
use crate::store::split::split;
use crate::store::sql::backend::Backend;
use crate::store::sql::table::{Table, Tables};
use crate::store::{Piece, StoreError, StoreErrorKind, Unit, Value};

/// A unit that is ready to be carried out.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) unit: Unit,
    /// One a piece.
    pub(super) ready: Vec<Ready>,
    /// What the caller was asked.
    pub(super) asked: Option<Asked>,
    /// How much memory it takes, about.
    pub(crate) bytes: usize,
}

/// What was made ready for a piece.
#[derive(Debug, Default)]
pub(super) struct Ready {
    /// The table of its model, if it has one.
    pub(super) table: Option<Arc<Table>>,
    /// The values of the columns, for a save.
    pub(super) values: Arc<[Value]>,
}

impl Work {
    /// Whether its caller need not be waited for any longer.
    pub(in crate::store::sql) fn is_thought_through(&mut self) -> bool {
        self.asked.as_mut().is_none_or(Asked::is_over)
    }

    /// Makes a unit ready: finds the tables, and reads the values of the columns from the payloads.
    pub(crate) async fn of(
        unit: Unit,
        tables: &Tables,
        backend: &dyn Backend,
    ) -> Result<Self, StoreError> {
        let mut ready = Vec::with_capacity(unit.pieces.len());
        let mut bytes = 0;
        for piece in &unit.pieces {
            ready.push(match piece {
                Piece::Save {
                    model,
                    payload,
                    nodes,
                    ..
                } => {
                    let table = tables.of(backend, model).await?;
                    let values = split(model, &table.columns, payload).map_err(|error| {
                        StoreError::new(
                            StoreErrorKind::Row,
                            format!(
                                "the payload of a {} cannot be read back: {error}",
                                model.type_name
                            ),
                        )
                    })?;
                    bytes += payload.len() * (1 + nodes.len()) + 64 * values.len();
                    Ready {
                        table: Some(table),
                        values: values.into(),
                    }
                }
                Piece::Delete { model, .. } | Piece::Touch { model, .. } => Ready {
                    table: Some(tables.of(backend, model).await?),
                    ..Ready::default()
                },
                Piece::Tell { payload, .. } => {
                    bytes += payload.as_ref().map_or(0, |payload| payload.len());
                    Ready::default()
                }
            });
            bytes += 256;
        }
        Ok(Self {
            unit,
            ready,
            asked: None,
            bytes,
        })
    }

    /// The nodes that it tells, and those of its models, but for channels of rows that are not read yet.
    pub(in crate::store::sql) fn nodes(&self) -> BTreeSet<NodeName> {
        let mut nodes = BTreeSet::new();
        for piece in &self.unit.pieces {
            match piece {
                Piece::Save {
                    model, nodes: told, ..
                } => {
                    // Even a row that is not told of: whoever holds the counter holds the rows of the model.
                    nodes.extend(NodeName::new(model.node).ok());
                    nodes.extend(told.iter().cloned());
                }
                Piece::Delete { model, .. } | Piece::Touch { model, .. } => {
                    nodes.extend(NodeName::new(model.node).ok());
                }
                Piece::Tell { node, .. } => {
                    nodes.insert(node.clone());
                }
            }
        }
        nodes
    }
}
