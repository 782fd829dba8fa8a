//! What is in the database where a batch is going to write, and what becomes of it: counters of nodes, and rows.
//!
//! Knows how both are read, and locked where the database does not lock by itself. Does not decide anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Patience, work::Work};
use crate::name::{ItemId, NodeName};
use crate::store::sql::connection::Connection;
use crate::store::sql::lanes;
use crate::store::sql::statement::{Statement, sizes};
use crate::store::sql::table::Table;
use crate::store::{ChannelsOf, Piece, StoreError, Value};

/// What a batch stands on.
#[derive(Debug, Default)]
pub(super) struct Ground {
    pub(super) lanes: HashMap<NodeName, LaneState>,
    pub(super) tables: BTreeMap<&'static str, TableState>,
    /// Numbers the rows in the order in which they are first saved.
    births: u64,
}

/// A node's counter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LaneState {
    /// `None` while the node has no row.
    pub(super) id: Option<i64>,
    /// The number of its last entry as it was read.
    pub(super) before: u64,
    /// The number of its last entry, those of the batch included.
    pub(super) last: u64,
}

/// The rows of a model that the batch is about.
#[derive(Debug)]
pub(super) struct TableState {
    pub(super) table: Arc<Table>,
    pub(super) rows: HashMap<ItemId, RowState>,
    /// What is noted of its columns.
    pub(super) note: Option<String>,
}

/// A row, or the place of one.
#[derive(Debug, Clone, Default)]
pub(super) struct RowState {
    /// Whether the database had it.
    pub(super) was_stored: bool,
    /// The payload as it is after the units so far.
    pub(super) payload: Option<Arc<str>>,
    /// The values of its columns, when it has to be written.
    pub(super) values: Option<Arc<[Value]>>,
    /// Whether it was deleted in between, and so loses its place in the order.
    pub(super) is_cut: bool,
    /// Its place among the rows that the batch makes.
    pub(super) birth: u64,
    /// The channels of the payload, once they were asked for.
    channels: Option<Arc<[NodeName]>>,
}

impl Ground {
    /// Reads, and locks, what these units are about. Where others are not to be waited for: the places of those units that would have to wait,
    /// if there are any.
    pub(super) async fn read(
        connection: &mut dyn Connection,
        works: &[Work],
        patience: Patience,
    ) -> Result<Result<Self, Vec<usize>>, StoreError> {
        let mut ground = Self::default();
        let mut nodes = BTreeSet::new();
        for work in works {
            nodes.extend(work.nodes());
            for (piece, ready) in work.unit.pieces.iter().zip(&work.ready) {
                if let Piece::Save { model, item, .. }
                | Piece::Delete { model, item, .. }
                | Piece::Touch { model, item, .. } = piece
                {
                    ground.expect(model.node, ready.table.as_ref(), item);
                }
            }
        }
        ground.lock(connection, nodes).await?;
        for state in ground.tables.values_mut() {
            state.read(connection).await?;
        }
        let mut more = BTreeSet::new();
        for work in works {
            more.extend(ground.channels_of_stored(work));
        }
        more.retain(|node| !ground.lanes.contains_key(node));
        if patience == Patience::None {
            let held = lanes::lock_free(connection, &more).await?;
            if !held.is_empty() {
                let places = works.iter().enumerate().filter(|(_, work)| {
                    let channels = ground.channels_of_stored(work);
                    channels.iter().any(|channel| held.contains(channel))
                });
                return Ok(Err(places.map(|(place, _)| place).collect()));
            }
        }
        ground.lock(connection, more).await?;
        Ok(Ok(ground))
    }

    fn expect(&mut self, node: &'static str, table: Option<&Arc<Table>>, item: &ItemId) {
        if let Some(table) = table {
            let state = self.tables.entry(node).or_insert_with(|| TableState {
                table: table.clone(),
                rows: HashMap::new(),
                note: None,
            });
            state.rows.entry(item.clone()).or_default();
        }
    }

    /// The channels of the rows that are going to be replaced, deleted or told again: they may have to be told, too.
    fn channels_of_stored(&mut self, work: &Work) -> BTreeSet<NodeName> {
        let mut nodes = BTreeSet::new();
        for piece in &work.unit.pieces {
            let (Piece::Save {
                model,
                item,
                channels_of,
                ..
            }
            | Piece::Delete {
                model,
                item,
                channels_of,
                ..
            }
            | Piece::Touch {
                model,
                item,
                channels_of,
                ..
            }) = piece
            else {
                continue;
            };
            if !model.channels.is_empty()
                && let Some(row) = self.row(model.node, item)
            {
                nodes.extend(row.channels(*channels_of).iter().cloned());
            }
        }
        nodes
    }

    /// Reads and locks the counters of these nodes, but for those that are already.
    pub(super) async fn lock(
        &mut self,
        connection: &mut dyn Connection,
        nodes: BTreeSet<NodeName>,
    ) -> Result<(), StoreError> {
        let dialect = connection.dialect();
        // In the order of their names, always, so that two who lock the same do not wait for each other.
        let new: Vec<NodeName> = nodes
            .into_iter()
            .filter(|node| !self.lanes.contains_key(node))
            .collect();
        let mut rest = &new[..];
        for size in sizes(new.len(), dialect.most_rows()) {
            let (chunk, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
            rest = later;
            self.read_lanes(connection, chunk).await?;
            let missing: Vec<NodeName> = chunk
                .iter()
                .filter(|node| !self.lanes.contains_key(*node))
                .cloned()
                .collect();
            // Where nobody else writes they are made when they are first counted.
            if !missing.is_empty() && !dialect.lanes_for_update().is_empty() {
                connection.execute(lanes::make(dialect, &missing)).await?;
                self.read_lanes(connection, &missing).await?;
            }
        }
        for node in new {
            self.lanes.entry(node).or_default();
        }
        Ok(())
    }

    async fn read_lanes(
        &mut self,
        connection: &mut dyn Connection,
        nodes: &[NodeName],
    ) -> Result<(), StoreError> {
        let dialect = connection.dialect();
        let mut read = Statement::new(
            dialect,
            "SELECT id, node, last FROM pubsub_node WHERE node IN ",
        );
        read.list(nodes.iter().map(Into::into).collect());
        read.push(dialect.lanes_for_update());
        connection
            .fetch(read, &mut |row| {
                let last = row.count(2)?;
                let lane = LaneState {
                    id: row.integer(0)?,
                    before: last,
                    last,
                };
                if let Ok(node) = NodeName::new(row.some_text(1)?) {
                    self.lanes.insert(node, lane);
                }
                Ok(())
            })
            .await
    }

    pub(super) fn row(&mut self, node: &str, item: &ItemId) -> Option<&mut RowState> {
        self.tables.get_mut(node)?.rows.get_mut(item)
    }

    /// The next place in the order of first saves.
    pub(super) fn birth(&mut self) -> u64 {
        self.births += 1;
        self.births
    }
}

impl TableState {
    async fn read(&mut self, connection: &mut dyn Connection) -> Result<(), StoreError> {
        let dialect = connection.dialect();
        let items: Vec<ItemId> = self.rows.keys().cloned().collect();
        for chunk in items.chunks(dialect.most_rows()) {
            // One journey for both: what is noted has no item.
            let mut read = Statement::new(
                dialect,
                "SELECT NULL, columns FROM pubsub_model WHERE node = ",
            );
            read.bind(self.table.model.node)
                .push(" UNION ALL SELECT pubsub_item, pubsub_payload FROM ");
            read.name(&self.table.name).push(" WHERE pubsub_item IN ");
            read.list(chunk.iter().map(Into::into).collect());
            connection
                .fetch(read, &mut |row| {
                    let Some(item) = row.text(0)? else {
                        self.note = row.text(1)?.map(str::to_owned);
                        return Ok(());
                    };
                    if let Some(state) = self.rows.get_mut(item) {
                        state.was_stored = true;
                        state.payload = row.text(1)?.map(Arc::from);
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}

impl RowState {
    /// Puts another payload in its place, or none.
    pub(super) fn replace(&mut self, payload: Option<Arc<str>>, values: Option<Arc<[Value]>>) {
        self.is_cut |= self.was_stored && payload.is_none();
        self.payload = payload;
        self.values = values;
        self.channels = None;
    }

    /// The channels of the row as it is. Of one that cannot be read by its model any more none are known.
    pub(super) fn channels(&mut self, channels_of: ChannelsOf) -> Arc<[NodeName]> {
        if let Some(known) = &self.channels {
            return known.clone();
        }
        let channels: Arc<[NodeName]> = match self.payload.as_deref().map(channels_of) {
            Some(Ok(channels)) => channels.into(),
            Some(Err(error)) => {
                tracing::warn!(%error, "the channels of a stored row are not known: it cannot be read");
                Arc::default()
            }
            None => Arc::default(),
        };
        self.channels = Some(channels.clone());
        channels
    }
}
