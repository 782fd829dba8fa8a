//! What stands in for a service: nodes with items in memory, a book of all changes, and whoever listens.
//!
//! Accepts everything unless told to refuse. Knows no access rules and no limits: those are the service's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::change::{Change, ChangeKind};
use crate::name::{ItemId, NodeName};
use crate::session::{
    Filter, Item as RawItem, Listener, Listeners, PubSubError, RawEvent, RawEventKind, Target,
};

/// The name of the service that does not exist.
const SERVICE: &str = "recorder.invalid";

/// A service that is none. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    inside: Mutex<Inside>,
    listeners: Listeners,
}

#[derive(Debug, Default)]
struct Inside {
    book: Vec<Change>,
    nodes: BTreeMap<NodeName, Vec<RawItem>>,
    refusals: VecDeque<PubSubError>,
    is_closed: bool,
    /// How many items of a node it keeps.
    most: Option<u32>,
}

impl Hub {
    pub(crate) fn accept(&self, change: Change) -> Result<(), PubSubError> {
        let mut inside = self.lock();
        if inside.is_closed {
            return Err(PubSubError::SessionClosed {
                target: Target::Node(change.node),
            });
        }
        if let Some(refusal) = inside.refusals.pop_front() {
            return Err(refusal);
        }
        inside.book.push(change.clone());
        let most = inside.most.map_or(usize::MAX, |most| most as usize);
        let items = inside.nodes.entry(change.node.clone()).or_default();
        items.retain(|item| item.id != change.item);
        let id = change.item.clone();
        let (event, then) = match change.kind {
            ChangeKind::Put { payload } => {
                items.push(RawItem {
                    id: id.clone(),
                    publisher: None,
                    payload: Some(Arc::clone(&payload)),
                });
                items.drain(..items.len().saturating_sub(most));
                (published(id, payload), None)
            }
            // As a service tells a deletion that says what was there: in two steps.
            ChangeKind::Retract {
                payload: Some(payload),
                notify: true,
            } => {
                let retracted = RawEventKind::Retracted { id: id.clone() };
                (published(id, payload), Some(retracted))
            }
            ChangeKind::Retract { notify: true, .. } => (RawEventKind::Retracted { id }, None),
            ChangeKind::Retract { notify: false, .. } => return Ok(()),
        };
        // Still under the lock: events of one node come in the order of its changes.
        for kind in std::iter::once(event).chain(then) {
            self.shared.listeners.hand_out(&RawEvent {
                service: SERVICE.into(),
                node: change.node.clone(),
                kind,
            });
        }
        Ok(())
    }

    pub(crate) fn listen(&self, filter: Filter, capacity: usize) -> Listener {
        self.shared.listeners.add(filter, capacity)
    }

    /// How many items of a node it keeps, if not all.
    pub(crate) fn most(&self) -> Option<u32> {
        self.lock().most
    }

    /// From now on it keeps no more than `most` items of a node.
    #[cfg(test)]
    pub(crate) fn keep_at_most(&self, most: u32) {
        self.lock().most = Some(most);
    }

    pub(crate) fn recent(&self, node: &NodeName, most: u32) -> Vec<RawItem> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let inside = self.lock();
        let items = inside
            .nodes
            .get(node)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .skip(items.len().saturating_sub(most))
            .cloned()
            .collect()
    }

    pub(crate) fn item(&self, node: &NodeName, id: &ItemId) -> Option<RawItem> {
        self.lock()
            .nodes
            .get(node)?
            .iter()
            .find(|item| item.id == *id)
            .cloned()
    }

    pub(crate) fn nodes(&self) -> Vec<NodeName> {
        self.lock().nodes.keys().cloned().collect()
    }

    pub(crate) fn book(&self) -> Vec<Change> {
        self.lock().book.clone()
    }

    pub(crate) fn clear_book(&self) {
        self.lock().book.clear();
    }

    pub(crate) fn refuse_next(&self, error: PubSubError) {
        self.lock().refusals.push_back(error);
    }

    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.shared.listeners.close();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.shared
            .inside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn published(id: ItemId, payload: Arc<str>) -> RawEventKind {
    RawEventKind::Published {
        id,
        publisher: None,
        payload: Some(payload),
    }
}
