//! What a relay changes: lanes are settled, pruned, given back and wound back.
//!
//! Knows the statements, which run inside the transactions of the writer. Does not know how a lane becomes somebody's.

use std::collections::BTreeSet;

use super::connection::Connection;
use super::entries::{Stored, lane};
use super::statement::{Arg, Statement};
use crate::name::NodeName;
use crate::store::{Lane, Settled, StoreError, StoreErrorKind};

/// Who may settle.
pub(super) trait Ours: Sync {
    /// Whether a lane is ours.
    fn is_ours(&self, lane: &Stored) -> bool;
    /// Whether lanes are given back by clearing their owner.
    fn is_in_column(&self) -> bool;
}

/// What became of settling.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Lanes that were to be given back and have something new.
    pub(super) kept: Vec<Lane>,
    /// Those that were given back.
    pub(super) released: Vec<i64>,
}

/// Locks lanes that are going to be changed, all at once and in the common order, where the database needs that.
pub(super) async fn lock(
    connection: &mut dyn Connection,
    nodes: &BTreeSet<NodeName>,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    if dialect.lanes_for_update().is_empty() {
        return Ok(());
    }
    let nodes: Vec<Arg> = nodes.iter().map(Into::into).collect();
    for chunk in nodes.chunks(dialect.most_rows()) {
        let mut lock = Statement::new(dialect, "SELECT id FROM pubsub_node WHERE node IN ");
        lock.list(chunk.to_vec()).push(dialect.lanes_for_update());
        connection.fetch(lock, &mut |_| Ok(())).await?;
    }
    Ok(())
}

/// Notes what became of entries.
pub(super) async fn settle(
    connection: &mut dyn Connection,
    settled: &[Settled],
    ours: &dyn Ours,
) -> Result<Settlement, StoreError> {
    let dialect = connection.dialect();
    let mut settlement = Settlement::default();
    for one in settled {
        let stored = claimed(connection, &one.node, ours).await?;
        for (number, reason) in &one.parked {
            let mut park = Statement::new(dialect, "UPDATE pubsub_entry SET refusal = ");
            // An empty reason would say that it is forgotten.
            let reason = if reason.is_empty() { "refused" } else { reason };
            park.bind(reason.to_owned())
                .push(" WHERE node_id = ")
                .bind(stored.id);
            park.push(" AND sequence = ").bind(*number);
            connection.execute(park).await?;
        }
        let delivered = one.delivered.min(stored.last);
        let is_free = one.release && delivered.max(stored.delivered) == stored.last;
        if delivered > stored.delivered || (is_free && ours.is_in_column()) {
            let mut update = Statement::new(dialect, "UPDATE pubsub_node SET delivered = ");
            update.bind(delivered.max(stored.delivered));
            if is_free && ours.is_in_column() {
                update.push(", owner = NULL");
            }
            update.push(" WHERE id = ").bind(stored.id);
            connection.execute(update).await?;
        }
        if is_free {
            settlement.released.push(stored.id);
        } else if one.release {
            settlement.kept.push(Lane {
                node: one.node.clone(),
                delivered: delivered.max(stored.delivered),
                last: stored.last,
            });
        }
    }
    Ok(settlement)
}

/// Makes the entries of a lane after a number undelivered again, as far as they are kept.
pub(super) async fn rewind(
    connection: &mut dyn Connection,
    node: &NodeName,
    to: u64,
    ours: &dyn Ours,
) -> Result<Lane, StoreError> {
    let dialect = connection.dialect();
    let stored = claimed(connection, node, ours).await?;
    let kept = kept_from(connection, stored).await?;
    let delivered = to.max(kept.saturating_sub(1)).min(stored.delivered);
    let mut update = Statement::new(dialect, "UPDATE pubsub_node SET delivered = ");
    update.bind(delivered).push(" WHERE id = ").bind(stored.id);
    connection.execute(update).await?;
    Ok(Lane {
        node: node.clone(),
        delivered,
        last: stored.last,
    })
}

/// The number from which on all delivered entries of a lane are kept; one beyond them if none is.
async fn kept_from(connection: &mut dyn Connection, lane: Stored) -> Result<u64, StoreError> {
    let mut expected = lane.delivered;
    let mut is_broken = false;
    let mut read = Statement::new(
        connection.dialect(),
        "SELECT sequence FROM pubsub_entry WHERE node_id = ",
    );
    read.bind(lane.id)
        .push(" AND sequence <= ")
        .bind(lane.delivered);
    read.push(" ORDER BY sequence DESC");
    connection
        .fetch(read, &mut |row| {
            if !is_broken && row.count(0)? == expected {
                expected -= 1;
            } else {
                is_broken = true;
            }
            Ok(())
        })
        .await?;
    Ok(expected + 1)
}

async fn claimed(
    connection: &mut dyn Connection,
    node: &NodeName,
    ours: &dyn Ours,
) -> Result<Stored, StoreError> {
    match lane(connection, node).await? {
        Some(stored) if ours.is_ours(&stored) => Ok(stored),
        _ => Err(StoreError::new(
            StoreErrorKind::Lost,
            format!("the lane of node {node} does not belong to this relay any more"),
        )),
    }
}

/// Deletes delivered entries that are older than the newest `keep` of the store, a few at a time.
#[derive(Debug)]
pub(super) struct Pruning {
    keep: u64,
    /// Entries with ids up to here have been looked at.
    done: i64,
    /// How many times since everything was looked at.
    since_sweep: u32,
}

/// How many entries have to be due before it is worth the while.
const WORTH: i64 = 256;
/// How many are looked at in one go.
const STEP: i64 = 2048;
/// After how many times the old ones that could not be pruned are looked at again.
const SWEEP: u32 = 256;

impl Pruning {
    pub(super) fn new(keep: u64) -> Self {
        Self {
            keep,
            done: 0,
            since_sweep: 0,
        }
    }

    /// Looks at some entries. Whether it wrote anything does not matter to anybody.
    pub(super) async fn step(&mut self, connection: &mut dyn Connection) -> Result<(), StoreError> {
        let dialect = connection.dialect();
        let mut last = 0;
        let read = Statement::new(dialect, "SELECT MAX(id) FROM pubsub_entry");
        connection
            .fetch(read, &mut |row| {
                last = row.some_integer(0)?;
                Ok(())
            })
            .await?;
        let due = last.saturating_sub(i64::try_from(self.keep).unwrap_or(i64::MAX));
        self.since_sweep += 1;
        if self.since_sweep >= SWEEP || last < self.done {
            self.done = 0;
            self.since_sweep = 0;
        }
        if due - self.done < WORTH.min(i64::try_from(self.keep).unwrap_or(WORTH).max(1)) {
            return Ok(());
        }
        // Whole stretches of ids are empty: begin where there is something.
        let mut first = None;
        let mut read = Statement::new(dialect, "SELECT MIN(id) FROM pubsub_entry WHERE id > ");
        read.bind(self.done);
        connection
            .fetch(read, &mut |row| {
                first = row.integer(0)?;
                Ok(())
            })
            .await?;
        let Some(first) = first else { return Ok(()) };
        let until = due.min(first.saturating_add(STEP));
        let mut delete = Statement::new(
            dialect,
            "DELETE FROM pubsub_entry WHERE (refusal IS NULL OR refusal = '') AND id >= ",
        );
        delete.bind(first).push(" AND id <= ").bind(until);
        delete.push(" AND sequence <= (SELECT delivered FROM pubsub_node n WHERE n.id = node_id)");
        connection.execute(delete).await?;
        self.done = self.done.max(until);
        Ok(())
    }
}
