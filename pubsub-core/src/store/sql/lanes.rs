//! What a relay changes: lanes are settled, given back and wound back.
//!
//! Knows the statements, which run inside the transactions of the writer. Does not know how a lane becomes somebody's.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::connection::Connection;
use super::dialect::Dialect;
use super::entries::{Stored, lane, lanes};
use super::statement::{Arg, Statement, sizes};
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
    /// Lanes that were to be given back and have something new, and those that others hold.
    pub(super) kept: Vec<Lane>,
    /// Those that were given back.
    pub(super) released: Vec<i64>,
    /// How much is left to deliver in all of them.
    pub(super) waiting: u64,
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

/// Locks those of these lanes that nobody else holds, without waiting, and answers which are held. Nodes that have no lane yet get one, where
/// lanes must be there to be locked.
pub(super) async fn lock_free(
    connection: &mut dyn Connection,
    nodes: &BTreeSet<NodeName>,
) -> Result<HashSet<NodeName>, StoreError> {
    let dialect = connection.dialect();
    let mut held: HashSet<NodeName> = HashSet::new();
    let Some(free_for_update) = dialect.free_lanes_for_update() else {
        return Ok(held);
    };
    let mut new = nodes.clone();
    let wanted: Vec<Arg> = nodes.iter().map(Into::into).collect();
    for chunk in wanted.chunks(dialect.most_rows()) {
        let mut lock = Statement::new(dialect, "SELECT node FROM pubsub_node WHERE node IN ");
        lock.list(chunk.to_vec()).push(free_for_update);
        connection
            .fetch(lock, &mut |row| {
                new.remove(row.some_text(0)?);
                Ok(())
            })
            .await?;
    }
    let missing: Vec<Arg> = new.iter().map(Into::into).collect();
    for chunk in missing.chunks(dialect.most_rows()) {
        let mut find = Statement::new(dialect, "SELECT node FROM pubsub_node WHERE node IN ");
        find.list(chunk.to_vec());
        connection
            .fetch(find, &mut |row| {
                held.extend(new.take(row.some_text(0)?));
                Ok(())
            })
            .await?;
    }
    if !new.is_empty() {
        held.extend(make_free(connection, new).await?);
    }
    Ok(held)
}

/// How many lanes that somebody else is making are found out at once; what is left is taken for held.
const MOST_TRIED: usize = 64;

/// Makes lanes, but for those that somebody who has not committed yet is making too, and answers which those are.
async fn make_free(
    connection: &mut dyn Connection,
    new: BTreeSet<NodeName>,
) -> Result<Vec<NodeName>, StoreError> {
    let nodes: Vec<NodeName> = new.into_iter().collect();
    let mut held = Vec::new();
    for chunk in nodes.chunks(connection.dialect().most_rows()) {
        if make_in_a_moment(connection, chunk).await? {
            continue;
        }
        for node in chunk {
            let one = std::slice::from_ref(node);
            if held.len() >= MOST_TRIED || !make_in_a_moment(connection, one).await? {
                held.push(node.clone());
            }
        }
    }
    Ok(held)
}

/// Whether these lanes could be made without waiting. There is no other way to find out than to wait for a moment.
async fn make_in_a_moment(
    connection: &mut dyn Connection,
    nodes: &[NodeName],
) -> Result<bool, StoreError> {
    let dialect = connection.dialect();
    let say = |text| Statement::new(dialect, text);
    let moment = "SAVEPOINT pubsub_new; SET LOCAL lock_timeout = 5";
    connection.execute(say(moment)).await?;
    let made = connection.execute(make(dialect, nodes)).await;
    let is_made = match made {
        Ok(_) => true,
        Err(error) if error.kind() == StoreErrorKind::Busy => false,
        Err(error) => return Err(error),
    };
    let end = if is_made {
        "RELEASE SAVEPOINT pubsub_new; SET LOCAL lock_timeout = 50"
    } else {
        "ROLLBACK TO SAVEPOINT pubsub_new"
    };
    connection.execute(say(end)).await?;
    Ok(is_made)
}

/// Makes the lanes of nodes that have none.
pub(super) fn make(dialect: Dialect, nodes: &[NodeName]) -> Statement {
    let mut make = Statement::new(dialect, "INSERT INTO pubsub_node (node) VALUES ");
    for (position, node) in nodes.iter().enumerate() {
        make.push(if position > 0 { ", (" } else { "(" });
        make.bind(node).push(")");
    }
    make.push(" ON CONFLICT (node) DO NOTHING");
    make
}

/// Notes what became of entries. Lanes that others hold are left as they are, and are among those that are kept.
pub(super) async fn settle(
    connection: &mut dyn Connection,
    settled: &[Settled],
    held: &HashSet<NodeName>,
    ours: &dyn Ours,
) -> Result<Settlement, StoreError> {
    let mut settlement = Settlement::default();
    let nodes = settled.iter().map(|one| &one.node);
    let mut lanes = lanes(connection, nodes).await?;
    let mut changed = BTreeMap::new();
    for one in settled {
        let lane = match lanes.get_mut(&one.node) {
            Some(lane) if ours.is_ours(lane) => lane,
            _ => return Err(lost(&one.node)),
        };
        if held.contains(&one.node) {
            settlement.waiting += lane.last - lane.delivered;
            settlement.kept.push(Lane {
                node: one.node.clone(),
                delivered: lane.delivered,
                last: lane.last,
            });
            continue;
        }
        park(connection, lane.id, &one.parked).await?;
        let delivered = one.delivered.clamp(lane.delivered, lane.last);
        let is_free = one.release && delivered == lane.last;
        if delivered > lane.delivered || (is_free && ours.is_in_column()) {
            changed.insert(lane.id, (delivered, is_free));
        }
        lane.delivered = delivered;
        settlement.waiting += lane.last - delivered;
        if is_free {
            settlement.released.push(lane.id);
        } else if one.release {
            settlement.kept.push(Lane {
                node: one.node.clone(),
                delivered,
                last: lane.last,
            });
        }
    }
    note(connection, changed).await?;
    Ok(settlement)
}

/// Marks entries as refused.
async fn park(
    connection: &mut dyn Connection,
    lane: i64,
    parked: &[(u64, String)],
) -> Result<(), StoreError> {
    for (number, reason) in parked {
        let mut park = Statement::new(connection.dialect(), "UPDATE pubsub_entry SET refusal = ");
        // An empty reason would say that it is forgotten.
        let reason = if reason.is_empty() { "refused" } else { reason };
        park.bind(reason.to_owned())
            .push(" WHERE node_id = ")
            .bind(lane);
        park.push(" AND sequence = ").bind(*number);
        connection.execute(park).await?;
    }
    Ok(())
}

/// Writes how far lanes are delivered, and which of them are nobody's from now on.
async fn note(
    connection: &mut dyn Connection,
    changed: BTreeMap<i64, (u64, bool)>,
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let mut rest = changed.into_iter();
    for size in sizes(rest.len(), dialect.most_rows()) {
        let mut update =
            Statement::new(dialect, "WITH settled (id, delivered, is_free) AS (VALUES ");
        for (position, (id, (delivered, is_free))) in rest.by_ref().take(size).enumerate() {
            update.push(if position > 0 { ", (" } else { "(" });
            update.bind(id).push(", ").bind(delivered);
            update.push(", ").bind(i64::from(is_free)).push(")");
        }
        update.push(
            ") UPDATE pubsub_node SET delivered = settled.delivered, \
             owner = CASE WHEN settled.is_free = 1 THEN NULL ELSE owner END \
             FROM settled WHERE pubsub_node.id = settled.id",
        );
        connection.execute(update).await?;
    }
    Ok(())
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
        _ => Err(lost(node)),
    }
}

fn lost(node: &NodeName) -> StoreError {
    StoreError::new(
        StoreErrorKind::Lost,
        format!("the lane of node {node} does not belong to this relay any more"),
    )
}
