//! What an administrator asks of the outbox: how much there is, what is parked, and to do it again or forget it.
//!
//! Knows the statements. A forgotten or repeated entry stays where it was, with an empty reason, so that the numbers keep no gap; it is
//! pruned with the others.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::clock::{moment, now};
use super::connection::Connection;
use super::entries::{CELLS, entry};
use super::statement::Statement;
use crate::name::NodeName;
use crate::store::{Depth, Parked, StoreError, Waiting};

/// How much waits.
pub(super) async fn depth(connection: &mut dyn Connection) -> Result<Depth, StoreError> {
    let dialect = connection.dialect();
    let mut depth = Depth::default();
    let read = Statement::new(
        dialect,
        "SELECT CAST(COALESCE(SUM(n.last - n.delivered), 0) AS BIGINT), COUNT(*), MIN(e.created_at) FROM pubsub_node n \
         LEFT JOIN pubsub_entry e ON e.node_id = n.id AND e.sequence = n.delivered + 1 WHERE n.delivered < n.last",
    );
    connection
        .fetch(read, &mut |row| {
            depth.waiting = row.count(0)?;
            depth.nodes = row.count(1)?;
            let age = row.integer(2)?.map(|oldest| now().saturating_sub(oldest));
            depth.oldest =
                age.map(|age| std::time::Duration::from_millis(u64::try_from(age).unwrap_or(0)));
            Ok(())
        })
        .await?;
    let read = Statement::new(
        dialect,
        "SELECT COUNT(*) FROM pubsub_entry WHERE refusal IS NOT NULL AND refusal <> ''",
    );
    connection
        .fetch(read, &mut |row| {
            depth.parked = row.count(0)?;
            Ok(())
        })
        .await?;
    Ok(depth)
}

/// Entries that wait, with ids after `after`; of one node, if one is named.
pub(super) async fn undelivered(
    connection: &mut dyn Connection,
    node: Option<&NodeName>,
    after: u64,
    most: u32,
) -> Result<Vec<Waiting>, StoreError> {
    let mut waiting = Vec::new();
    let mut read = Statement::new(connection.dialect(), "SELECT ");
    read.push(CELLS)
        .push(", e.id, e.created_at, n.node FROM pubsub_node n ");
    read.push("JOIN pubsub_entry e ON e.node_id = n.id AND e.sequence > n.delivered ");
    read.push("WHERE n.delivered < n.last AND e.refusal IS NULL AND e.id > ")
        .bind(after);
    if let Some(node) = node {
        read.push(" AND n.node = ").bind(node);
    }
    read.push(" ORDER BY e.id LIMIT ").bind(i64::from(most));
    connection
        .fetch(read, &mut |row| {
            let node = node_of(row.any_text(10)?);
            waiting.push(Waiting {
                id: row.count(8)?,
                entry: entry(row, 0, &node)?,
                since: moment(row.some_integer(9)?),
            });
            Ok(())
        })
        .await?;
    Ok(waiting)
}

/// Parked entries with ids after `after`.
pub(super) async fn parked(
    connection: &mut dyn Connection,
    after: u64,
    most: u32,
) -> Result<Vec<Parked>, StoreError> {
    let mut parked = Vec::new();
    let mut read = Statement::new(connection.dialect(), "SELECT ");
    read.push(CELLS)
        .push(", e.id, e.refusal, e.created_at, n.node FROM pubsub_entry e ");
    read.push("JOIN pubsub_node n ON n.id = e.node_id WHERE e.refusal IS NOT NULL AND e.refusal <> '' AND e.id > ");
    read.bind(after)
        .push(" ORDER BY e.id LIMIT ")
        .bind(i64::from(most));
    connection
        .fetch(read, &mut |row| {
            let node = node_of(row.any_text(11)?);
            parked.push(Parked {
                id: row.count(8)?,
                entry: entry(row, 0, &node)?,
                reason: row.some_text(9)?.to_owned(),
                since: moment(row.some_integer(10)?),
            });
            Ok(())
        })
        .await?;
    Ok(parked)
}

/// The node of an entry, or one that looks like it.
fn node_of(text: Option<Cow<'_, str>>) -> NodeName {
    let text = text.unwrap_or_default();
    NodeName::new(&*text).unwrap_or_else(|_| NodeName::resembling(&text))
}

/// Parks everything that waits in lanes of nodes that have no possible name, and takes the lanes from whoever has them.
pub(super) async fn condemn(
    connection: &mut dyn Connection,
    lanes: &[i64],
) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    for lane in lanes {
        let mut name = String::new();
        let mut read = Statement::new(dialect, "SELECT node FROM pubsub_node WHERE id = ");
        read.bind(*lane).push(dialect.for_update());
        connection
            .fetch(read, &mut |row| {
                name = row.any_text(0)?.unwrap_or_default().into_owned();
                Ok(())
            })
            .await?;
        let why = match NodeName::new(name.as_str()) {
            Ok(_) => "it is no text".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(node = ?name, why, "what is for this node cannot be told, because its name is none; it is parked");
        let mut park = Statement::new(dialect, "UPDATE pubsub_entry SET refusal = ");
        park.bind(format!(
            "the row in the outbox cannot be told: the name of its node is none ({why})"
        ));
        park.push(" WHERE refusal IS NULL AND node_id = ")
            .bind(*lane);
        park.push(" AND sequence > (SELECT delivered FROM pubsub_node WHERE id = ");
        park.bind(*lane).push(")");
        connection.execute(park).await?;
        let mut end = Statement::new(
            dialect,
            "UPDATE pubsub_node SET delivered = last, owner = NULL WHERE id = ",
        );
        end.bind(*lane);
        connection.execute(end).await?;
    }
    Ok(())
}

/// The nodes of entries.
pub(super) async fn nodes(
    connection: &mut dyn Connection,
    ids: &[u64],
) -> Result<BTreeSet<NodeName>, StoreError> {
    let dialect = connection.dialect();
    let mut nodes = BTreeSet::new();
    for chunk in ids.chunks(dialect.most_rows()) {
        let mut read = Statement::new(
            dialect,
            "SELECT DISTINCT n.node FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id WHERE e.id IN ",
        );
        read.list(chunk.iter().map(|id| (*id).into()).collect());
        connection
            .fetch(read, &mut |row| {
                nodes.extend(NodeName::new(row.some_text(0)?));
                Ok(())
            })
            .await?;
    }
    Ok(nodes)
}

/// One that is to be told again.
struct Again {
    id: u64,
    lane: i64,
    sequence: u64,
    node: String,
    item: Arc<str>,
    reason: String,
}

/// Puts parked entries at the end of their lanes, but for those whose item was changed again. Answers how many.
pub(super) async fn retry(connection: &mut dyn Connection, ids: &[u64]) -> Result<u64, StoreError> {
    let dialect = connection.dialect();
    let mut count = 0;
    for id in ids {
        let Some(again) = find(connection, *id).await? else {
            continue;
        };
        // The counter first: whoever holds it writes the entries of the node.
        let mut next = Statement::new(
            dialect,
            "UPDATE pubsub_node SET last = last + 1 WHERE id = ",
        );
        next.bind(again.lane).push(" RETURNING last");
        let mut last = 0;
        if let Some(later) = later(connection, &again).await? {
            stay(connection, &again, later).await?;
            continue;
        }
        connection
            .fetch(next, &mut |row| {
                last = row.count(0)?;
                Ok(())
            })
            .await?;
        let mut copy = Statement::new(
            dialect,
            "INSERT INTO pubsub_entry (node_id, sequence, item, kind, action, model, origin, payload, created_at) SELECT node_id, ",
        );
        copy.push("CAST(")
            .bind(last)
            .push(" AS BIGINT), item, kind, action, model, origin, payload, ");
        copy.push("CAST(")
            .bind(now())
            .push(" AS BIGINT) FROM pubsub_entry WHERE id = ")
            .bind(again.id);
        connection.execute(copy).await?;
        discard(connection, &[again.id]).await?;
        count += 1;
    }
    Ok(count)
}

async fn find(connection: &mut dyn Connection, id: u64) -> Result<Option<Again>, StoreError> {
    let mut found = None;
    let dialect = connection.dialect();
    let mut read = Statement::new(
        dialect,
        "SELECT e.node_id, e.sequence, n.node, e.item, e.refusal FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id \
         WHERE e.refusal IS NOT NULL AND e.refusal <> '' AND e.id = ",
    );
    read.bind(id).push(dialect.for_update());
    connection
        .fetch(read, &mut |row| {
            found = Some(Again {
                id,
                lane: row.some_integer(0)?,
                sequence: row.count(1)?,
                node: row.any_text(2)?.unwrap_or_default().into_owned(),
                item: row.any_text(3)?.unwrap_or_default().into(),
                reason: row.some_text(4)?.to_owned(),
            });
            Ok(())
        })
        .await?;
    Ok(found)
}

/// The number of a later entry about the same item.
async fn later(connection: &mut dyn Connection, again: &Again) -> Result<Option<u64>, StoreError> {
    let mut later = None;
    let mut read = Statement::new(
        connection.dialect(),
        "SELECT MAX(sequence) FROM pubsub_entry WHERE node_id = ",
    );
    read.bind(again.lane)
        .push(" AND sequence > ")
        .bind(again.sequence);
    read.push(" AND item = ").bind(again.item.clone());
    connection
        .fetch(read, &mut |row| {
            later = row
                .integer(0)?
                .and_then(|number| u64::try_from(number).ok());
            Ok(())
        })
        .await?;
    Ok(later)
}

/// What is put before the reason of an entry that was not told again.
const CHANGED: &str = "changed again since: ";

async fn stay(
    connection: &mut dyn Connection,
    again: &Again,
    later: u64,
) -> Result<(), StoreError> {
    tracing::info!(
        node = again.node,
        item = &*again.item,
        sequence = again.sequence,
        later,
        "an entry stays parked: its item was changed again"
    );
    if again.reason.starts_with(CHANGED) {
        return Ok(());
    }
    let mut update = Statement::new(connection.dialect(), "UPDATE pubsub_entry SET refusal = ");
    update
        .bind(format!("{CHANGED}{}", again.reason))
        .push(" WHERE id = ")
        .bind(again.id);
    connection.execute(update).await.map(drop)
}

/// Forgets parked entries. Answers how many.
pub(super) async fn discard(
    connection: &mut dyn Connection,
    ids: &[u64],
) -> Result<u64, StoreError> {
    let dialect = connection.dialect();
    let mut count = 0;
    for chunk in ids.chunks(dialect.most_rows()) {
        let mut update = Statement::new(
            dialect,
            "UPDATE pubsub_entry SET refusal = '' WHERE refusal IS NOT NULL AND refusal <> '' AND id IN ",
        );
        update.list(chunk.iter().map(|id| (*id).into()).collect());
        count += connection.execute(update).await?;
    }
    Ok(count)
}
