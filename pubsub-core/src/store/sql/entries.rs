//! Reading entries: those that wait, and those of a node's history.
//!
//! Knows that the numbers of a lane have no gaps, so that a range of numbers is a page. Does not know who reads them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::connection::{Cells, Connection};
use super::statement::{Arg, Statement};
use crate::change::Action;
use crate::name::{ItemId, NodeName};
use crate::store::{Entry, EntryKind, History, StoreError, Wanted};

/// What is read of an entry, from the second cell on; see [`entry`].
pub(super) const CELLS: &str =
    "e.sequence, e.item, e.kind, e.action, e.model, e.origin, e.payload, e.refusal IS NOT NULL";

/// How many lanes one statement reads.
const LANES: usize = 64;

/// Reads ranges of lanes, in the order in which they are wanted.
pub(super) async fn waiting(
    connection: &mut dyn Connection,
    wanted: &[Wanted],
) -> Result<Vec<Entry>, StoreError> {
    let mut all = Vec::new();
    for lanes in wanted.chunks(LANES) {
        let mut read = Statement::new(connection.dialect(), "");
        // One range is one index scan, in order; their results are put one after the other.
        for (position, lane) in lanes.iter().enumerate() {
            read.push(if position > 0 {
                " UNION ALL SELECT "
            } else {
                "SELECT "
            });
            read.push(&position.to_string()).push(", ").push(CELLS);
            read.push(
                " FROM pubsub_entry e WHERE e.node_id = (SELECT id FROM pubsub_node WHERE node = ",
            );
            read.bind(&lane.node)
                .push(") AND e.sequence > ")
                .bind(lane.after);
            read.push(" AND e.sequence <= ")
                .bind(lane.after.saturating_add(lane.most.into()));
        }
        let mut found: Vec<(usize, Entry)> = Vec::new();
        connection
            .fetch(read, &mut |row| {
                let position = usize::try_from(row.some_integer(0)?).unwrap_or(usize::MAX);
                if let Some(lane) = lanes.get(position) {
                    found.push((position, entry(row, 1, &lane.node)?));
                }
                Ok(())
            })
            .await?;
        found.sort_by_key(|(position, entry)| (*position, entry.sequence));
        all.extend(found.into_iter().map(|(_, entry)| entry));
    }
    Ok(all)
}

/// What happened to a node after a number, if it is still kept.
pub(super) async fn history(
    connection: &mut dyn Connection,
    node: &NodeName,
    after: u64,
    most: u32,
) -> Result<History, StoreError> {
    let Some(lane) = lane(connection, node).await? else {
        return Ok(History {
            entries: Vec::new(),
            last: 0,
            // Whoever has heard of something heard it from another log.
            is_gone: after > 0,
        });
    };
    let mut history = History {
        entries: Vec::new(),
        last: lane.last,
        is_gone: after > lane.last,
    };
    if after >= lane.last || most == 0 {
        return Ok(history);
    }
    let mut read = Statement::new(connection.dialect(), "SELECT ");
    read.push(CELLS)
        .push(" FROM pubsub_entry e WHERE e.node_id = ")
        .bind(lane.id);
    read.push(" AND e.sequence > ")
        .bind(after)
        .push(" AND e.sequence <= ");
    read.bind(after.saturating_add(most.into()))
        .push(" ORDER BY e.sequence");
    connection
        .fetch(read, &mut |row| {
            history.entries.push(entry(row, 0, node)?);
            Ok(())
        })
        .await?;
    // What is pruned leaves a gap at the front; only parked entries stay there.
    let is_whole = (after + 1..)
        .zip(&history.entries)
        .all(|(number, entry)| entry.sequence == number);
    let expected = u64::from(most).min(lane.last - after);
    if !is_whole || (history.entries.len() as u64) < expected {
        history.entries.clear();
        history.is_gone = true;
    }
    Ok(history)
}

/// A lane as it is in the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) delivered: u64,
    pub(super) last: u64,
    pub(super) owner: Option<i64>,
}

/// The lane of a node, if it has one.
pub(super) async fn lane(
    connection: &mut dyn Connection,
    node: &NodeName,
) -> Result<Option<Stored>, StoreError> {
    Ok(lanes(connection, [node]).await?.remove(node))
}

/// The lanes of those nodes that have one.
pub(super) async fn lanes(
    connection: &mut dyn Connection,
    nodes: impl IntoIterator<Item = &NodeName>,
) -> Result<HashMap<NodeName, Stored>, StoreError> {
    let dialect = connection.dialect();
    let nodes: Vec<Arg> = nodes.into_iter().map(Into::into).collect();
    let mut lanes = HashMap::with_capacity(nodes.len());
    for chunk in nodes.chunks(dialect.most_rows()) {
        let mut read = Statement::new(
            dialect,
            "SELECT id, delivered, last, owner, node FROM pubsub_node WHERE node IN ",
        );
        read.list(chunk.to_vec());
        connection
            .fetch(read, &mut |row| {
                let stored = Stored {
                    id: row.some_integer(0)?,
                    delivered: row.count(1)?,
                    last: row.count(2)?,
                    owner: row.integer(3)?,
                };
                if let Ok(node) = NodeName::new(row.some_text(4)?) {
                    lanes.insert(node, stored);
                }
                Ok(())
            })
            .await?;
    }
    Ok(lanes)
}

/// Reads an entry from its cells, the first of which is `first`. One that says nothing is read all the same, with what is wrong with it: it
/// is to be parked, and to stand in nobody's way.
pub(super) fn entry(row: &dyn Cells, first: usize, node: &NodeName) -> Result<Entry, StoreError> {
    let mut defect = Defect::default();
    let mut text = |cell, what| {
        let text = row.any_text(first + cell)?;
        if matches!(text, Some(Cow::Owned(_))) {
            defect.is(what, "not UTF-8");
        }
        Ok::<_, StoreError>(text)
    };
    let item = text(1, "the id of the item")?.unwrap_or_default();
    let kind = text(2, "the kind")?.unwrap_or_default();
    let action = text(3, "the action")?;
    let model = text(4, "the model")?.map(Arc::from);
    let origin = text(5, "the origin")?.map(Arc::from);
    let payload = text(6, "the payload")?.map(Arc::from);
    Ok(Entry {
        node: node.clone(),
        sequence: row.count(first)?,
        item: ItemId::new(&*item).unwrap_or_else(|error| {
            defect.is("the id of the item", error);
            ItemId::resembling(&item)
        }),
        kind: EntryKind::from_word(&kind).unwrap_or_else(|| {
            defect.is("the kind", format_args!("{kind:?}"));
            EntryKind::Raw
        }),
        action: action.and_then(|word| {
            let action = word.parse::<Action>();
            action
                .map_err(|_| defect.is("the action", format_args!("{word:?}")))
                .ok()
        }),
        model,
        origin,
        payload,
        is_parked: row.some_integer(first + 7)? != 0,
        defect: defect.0,
    })
}

/// The first thing that is wrong with an entry.
#[derive(Default)]
struct Defect(Option<Arc<str>>);

impl Defect {
    fn is(&mut self, what: &str, why: impl std::fmt::Display) {
        self.0.get_or_insert_with(|| {
            format!("the row in the outbox cannot be told: {what} is no such thing ({why})").into()
        });
    }
}
