//! Which nodes the subscriptions of a session follow, and which of these do not exist and are asked for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::name::NodeName;

/// How many subscriptions of this session follow each node; the service knows of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Followed {
    nodes: Arc<Mutex<HashMap<NodeName, usize>>>,
    /// Those that are asked for again and again.
    pub(super) absent: Arc<Absentees>,
}

/// How far a subscription got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granted {
    /// Events come.
    Live,
    /// The node does not exist; the service says so when it does, before anything happens there.
    Awaited,
}

/// The nodes that do not exist and are asked for from time to time.
#[derive(Debug, Default)]
pub(crate) struct Absentees {
    count: AtomicUsize,
    by_node: Mutex<HashMap<NodeName, (usize, Arc<Notify>)>>,
}

impl Absentees {
    fn lock(&self) -> MutexGuard<'_, HashMap<NodeName, (usize, Arc<Notify>)>> {
        // No code that can panic runs while it is held.
        self.by_node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Somebody of this program has just published there, so it exists.
    pub(super) fn appeared(&self, node: &NodeName) {
        if let Some((_, waiting)) = self.lock().get(node) {
            waiting.notify_waiters();
        }
    }
}

/// One node that does not exist and is asked for from time to time; no longer, when this is dropped.
#[derive(Debug)]
pub(crate) struct Absence {
    node: NodeName,
    absentees: Arc<Absentees>,
    appeared: Arc<Notify>,
}

impl Absence {
    pub(super) fn begin(absentees: &Arc<Absentees>, node: &NodeName) -> Self {
        let mut nodes = absentees.lock();
        let (count, appeared) = nodes.entry(node.clone()).or_default();
        *count += 1;
        let appeared = Arc::clone(appeared);
        drop(nodes);
        absentees.count.fetch_add(1, Ordering::Relaxed);
        Self {
            node: node.clone(),
            absentees: Arc::clone(absentees),
            appeared,
        }
    }

    /// How many there are in this session, with this one.
    pub(crate) fn count(&self) -> usize {
        self.absentees.count.load(Ordering::Relaxed)
    }

    /// Resolves when this program has published to the node.
    pub(crate) fn appeared(&self) -> OwnedNotified {
        Arc::clone(&self.appeared).notified_owned()
    }
}

impl Drop for Absence {
    fn drop(&mut self) {
        self.absentees.count.fetch_sub(1, Ordering::Relaxed);
        let mut nodes = self.absentees.lock();
        if let Some((count, _)) = nodes.get_mut(&self.node) {
            *count -= 1;
            if *count == 0 {
                nodes.remove(&self.node);
            }
        }
    }
}

impl Followed {
    fn lock(&self) -> MutexGuard<'_, HashMap<NodeName, usize>> {
        // No code that can panic runs while it is held.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, node: &NodeName) {
        *self.lock().entry(node.clone()).or_default() += 1;
    }

    /// Whether that was the last one.
    pub(super) fn end(&self, node: &NodeName) -> bool {
        let mut nodes = self.lock();
        match nodes.get_mut(node) {
            Some(1) => nodes.remove(node).is_some(),
            Some(count) => {
                *count -= 1;
                false
            }
            None => false,
        }
    }

    pub(super) fn take_all(&self) -> Vec<NodeName> {
        self.lock().drain().map(|(node, _)| node).collect()
    }
}
