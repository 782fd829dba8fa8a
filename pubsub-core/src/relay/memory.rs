//! Does the service still have what it was told? A service may keep its items in memory and have been started anew.
//!
//! Looks for the last item of a lane that must still be there, and where it is not, winds the lane back to what is. Knows the
//! history of a node and the items that a service shows. When to ask is decided in `lanes`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::name::{ItemId, NodeName};
use crate::node_config::{MaxItems, NodeConfig};
use crate::outlet::{Outlet, Retention};
use crate::payload::entry::stamp;
use crate::registry::Registry;
use crate::session::{Item, PubSubError};
use crate::store::{Entry, EntryKind, Lane, Store, StoreError};

/// How far back in the history of a node an item is looked for that must be there: a short look, and a long one.
const WINDOWS: [u32; 2] = [64, 2048];
/// How many of the latest items are looked at for numbers that are too high.
const NEWEST: u32 = 8;
/// How many of the latest items are asked for where that one is missing.
const RECENT: u32 = 1000;

/// What the service remembers of a lane.
#[derive(Debug)]
pub(super) enum Finding {
    /// What it should, or it will not say.
    Intact,
    /// Less than it should: the lane was wound back and stands so.
    Rewound(Lane),
    /// It could not be asked now.
    Later(PubSubError),
}

/// Whom to ask about what.
#[derive(Debug, Clone)]
pub(super) struct Inquiry {
    pub(super) store: Arc<dyn Store>,
    pub(super) outlet: Outlet,
    pub(super) registry: Arc<Registry>,
    pub(super) node: NodeName,
    /// Up to here the service had everything.
    pub(super) known: u64,
    /// The number of the last entry.
    pub(super) last: u64,
    /// Nobody has looked since the program was started.
    pub(super) is_first: bool,
}

/// Something that must be among the items of the service.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    item: ItemId,
    sequence: u64,
    config: NodeConfig,
}

impl Inquiry {
    /// Asks, and winds the lane back where that is needed.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(super) async fn carry_out(self) -> Result<Finding, StoreError> {
        if self.is_first
            && let Some(ahead) = self.ahead().await
        {
            let (node, last) = (&self.node, self.last);
            tracing::error!(
                %node, last, ahead,
                "the service has changes of this store that the store does not have: if it was brought back from a backup, subscribers take what is saved \
                 now for repeats; end all programs that use it, run `pubsub outbox new-log`, and start them again"
            );
        }
        let Some((trace, raw)) = self.trace().await? else {
            return Ok(Finding::Intact);
        };
        if trace.config.persist == Some(false) {
            return Ok(Finding::Intact);
        }
        match self.outlet.item(&self.node, &trace.item).await {
            Ok(Some(item)) if !self.is_older(&item, trace.sequence) => return Ok(Finding::Intact),
            Ok(_) | Err(PubSubError::NotFound { .. }) => {}
            Err(error) => return Ok(unanswered(&self.node, error)),
        }
        let items = match self.outlet.recent(&self.node, RECENT).await {
            Ok(items) => items,
            Err(PubSubError::NotFound { .. }) => Vec::new(),
            Err(error) => return Ok(unanswered(&self.node, error)),
        };
        let found = items.iter().filter_map(|item| self.sequence(item, &raw));
        let to = found.filter(|sequence| *sequence <= self.known).max();
        if to.is_none() {
            match self.retention(&trace.config).await {
                Ok(Retention { is_kept: false, .. }) => return Ok(Finding::Intact),
                Ok(Retention {
                    most: Some(most), ..
                }) if items.len() >= usize::try_from(most).unwrap_or(usize::MAX) => {
                    // It has as many as it keeps, all of them later: the others had to make room.
                    return Ok(Finding::Intact);
                }
                Ok(_) => {}
                Err(error) => return Ok(Finding::Later(error)),
            }
        }
        self.rewind(to.unwrap_or(0)).await
    }

    /// A number of the service that the store has not given yet: the store is an older state of itself then. Nothing is done about it but to say so,
    /// because anybody who may publish to the node could write such a number.
    pub(super) async fn ahead(&self) -> Option<u64> {
        let items = self.outlet.recent(&self.node, NEWEST).await.ok()?;
        let numbers = items
            .iter()
            .filter_map(|item| stamp(item.payload.as_deref()?).ok())
            .filter(|stamp| stamp.log.as_deref() == Some(&**self.store.log()))
            .filter_map(|stamp| stamp.sequence);
        numbers.max().filter(|ahead| *ahead > self.last)
    }

    /// How much the service keeps: what it says itself, or else what it was asked to keep.
    async fn retention(&self, wishes: &NodeConfig) -> Result<Retention, PubSubError> {
        match self.outlet.retention(&self.node).await {
            Err(error) if !is_passing(&error) => Ok(Retention {
                is_kept: wishes.persist != Some(false),
                most: match wishes.max_items {
                    Some(MaxItems::Count(most)) => Some(most),
                    Some(MaxItems::Max) | None => None,
                },
            }),
            answer => answer,
        }
    }

    async fn rewind(&self, to: u64) -> Result<Finding, StoreError> {
        let lane = self.store.rewind(&self.node, to).await?;
        let node = &self.node;
        tracing::warn!(%node, after = lane.delivered, "the service has lost items of this node; it is told again");
        if lane.delivered > to {
            let lost = lane.delivered - to;
            tracing::warn!(%node, lost, "changes before that are no longer kept, and cannot be told again");
        }
        super::measure::rewound();
        Ok(Finding::Rewound(lane))
    }

    /// The latest item that the service had and that nothing has touched since; and what else was published without a stamp.
    async fn trace(&self) -> Result<Option<(Trace, HashMap<ItemId, u64>)>, StoreError> {
        for window in WINDOWS {
            let entries = self.latest(window).await?;
            let is_all = entries.first().is_none_or(|first| first.sequence <= 1)
                || entries.len() < usize::try_from(window).unwrap_or(usize::MAX);
            let trace = find(&entries, self.known, &self.registry);
            if let Some(trace) = trace {
                let raw = entries
                    .into_iter()
                    .filter(|entry| entry.kind == EntryKind::Raw && !entry.is_parked)
                    .map(|entry| (entry.item, entry.sequence));
                return Ok(Some((trace, raw.collect())));
            }
            if is_all {
                break;
            }
        }
        Ok(None)
    }

    /// The last entries of the lane, as many of `window` as are kept.
    async fn latest(&self, window: u32) -> Result<Vec<Entry>, StoreError> {
        let mut back = u64::from(window);
        loop {
            let after = self.last.saturating_sub(back);
            let history = self.store.history(&self.node, after, window).await?;
            if !history.is_gone || back <= 1 {
                return Ok(history.entries);
            }
            back /= 4;
        }
    }

    /// Whether this is an earlier state than the one of that number in our log.
    fn is_older(&self, item: &Item, sequence: u64) -> bool {
        let stamp = item
            .payload
            .as_deref()
            .and_then(|payload| stamp(payload).ok());
        stamp.is_some_and(|stamp| {
            stamp.log.as_deref() == Some(&**self.store.log())
                && stamp.sequence.is_some_and(|found| found < sequence)
        })
    }

    /// The number of an item in our log.
    fn sequence(&self, item: &Item, raw: &HashMap<ItemId, u64>) -> Option<u64> {
        let stamp = stamp(item.payload.as_deref()?).ok()?;
        if stamp.log.as_deref() == Some(&**self.store.log()) {
            return stamp.sequence;
        }
        raw.get(&item.id).copied()
    }
}

/// The latest of the entries up to number `known` that publishes an item which no later one touches.
fn find(entries: &[Entry], known: u64, registry: &Registry) -> Option<Trace> {
    let mut touched = HashSet::new();
    let is_told = |entry: &&Entry| !entry.is_parked && entry.defect.is_none();
    for entry in entries.iter().rev().filter(is_told) {
        let is_put = matches!(entry.kind, EntryKind::Put | EntryKind::Raw);
        let is_first = touched.insert(&entry.item);
        if is_put && is_first && entry.sequence <= known {
            let model = entry.model.as_deref().and_then(|node| registry.model(node));
            return Some(Trace {
                item: entry.item.clone(),
                sequence: entry.sequence,
                config: model.map_or(NodeConfig::new(), |model| model.config),
            });
        }
    }
    None
}

fn unanswered(node: &NodeName, error: PubSubError) -> Finding {
    if is_passing(&error) {
        return Finding::Later(error);
    }
    tracing::debug!(%node, %error, "the service does not say which items it has");
    Finding::Intact
}

/// Whether asking again later may bring an answer.
fn is_passing(error: &PubSubError) -> bool {
    error.is_transient() || matches!(error, PubSubError::SessionClosed { .. })
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::name::{ItemId, NodeName};
    use crate::registry::Registry;
    use crate::store::{Entry, EntryKind};

    const GONE: EntryKind = EntryKind::Retract { notify: true };

    fn check(known: u64, history: &[(&str, EntryKind)], expect: Option<(&str, u64)>) {
        let entry = |(place, (item, kind)): (usize, &(&str, EntryKind))| Entry {
            node: NodeName::new("n").unwrap(),
            sequence: place as u64 + 1,
            item: ItemId::new(*item).unwrap(),
            kind: *kind,
            action: None,
            model: None,
            origin: None,
            payload: None,
            is_parked: false,
            defect: None,
        };
        let entries: Vec<_> = history.iter().enumerate().map(entry).collect();
        let found = find(&entries, known, &Registry::empty());
        let found = found
            .as_ref()
            .map(|trace| (trace.item.as_str(), trace.sequence));
        assert_eq!(found, expect);
    }

    #[test]
    fn the_trace_is_the_latest_item_that_nothing_later_touches() {
        use EntryKind::{Put, Raw};
        check(3, &[("a", Put), ("b", Put), ("c", Raw)], Some(("c", 3)));
        check(3, &[("a", Put), ("b", Put), ("b", GONE)], Some(("a", 1)));
        check(2, &[("a", Put), ("b", Put), ("b", Put)], Some(("a", 1)));
        check(2, &[("a", Put), ("b", Put), ("c", Put)], Some(("b", 2)));
        check(2, &[("a", Put), ("a", GONE)], None);
        check(0, &[("a", Put)], None);
    }
}
