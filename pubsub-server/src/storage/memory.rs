//! Stores without a disk: one that forgets at once, and one that remembers for as long as it lives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Storage, StorageError};
use crate::service::vocabulary::Write;

/// Keeps nothing beyond what the running service holds anyway. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Volatile;

impl Storage for Volatile {
    fn is_volatile(&self) -> bool {
        true
    }

    fn load(&self, _take: &mut dyn FnMut(Write)) -> Result<(), StorageError> {
        Ok(())
    }

    fn commit(&self, _decisions: &[&[Write]]) -> Result<(), StorageError> {
        Ok(())
    }
}

/// Keeps the durable state in memory, so that a next server of the same process can take over from it. For tests and embedders.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    nodes: Arc<Mutex<BTreeMap<Arc<str>, Vec<Write>>>>,
}

impl Storage for MemoryStorage {
    fn load(&self, take: &mut dyn FnMut(Write)) -> Result<(), StorageError> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.values().flatten().cloned().for_each(take);
        Ok(())
    }

    fn commit(&self, decisions: &[&[Write]]) -> Result<(), StorageError> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let writes = decisions.iter().copied().flatten();
        for write in writes.filter(|write| write.is_durable()) {
            let node = write.node();
            if matches!(write, Write::DeleteNode { .. }) {
                nodes.remove(node);
                continue;
            }
            let kept = nodes.entry(node.clone()).or_default();
            kept.retain(|earlier| !replaces(write, earlier));
            if is_remembered(write) {
                kept.push(write.clone());
            }
        }
        Ok(())
    }
}

/// Whether an earlier write of the same node no longer matters after a later one.
fn replaces(later: &Write, earlier: &Write) -> bool {
    match earlier {
        Write::ConfigureNode { .. } => matches!(later, Write::ConfigureNode { .. }),
        Write::PutItem { item: old, .. } => match later {
            Write::PutItem { item, .. } => item.id == old.id,
            Write::RemoveItem { item, .. } => *item == old.id,
            Write::RemoveItems { .. } => true,
            _ => false,
        },
        Write::Subscribe { jid: old, .. } => match later {
            Write::Subscribe { jid, .. } | Write::Unsubscribe { jid, .. } => jid == old,
            _ => false,
        },
        Write::SubscribeOnTerms {
            jid: old,
            subscription: old_id,
            ..
        } => match later {
            Write::SubscribeOnTerms {
                jid, subscription, ..
            }
            | Write::UnsubscribeOnTerms {
                jid, subscription, ..
            } => jid == old && subscription == old_id,
            _ => false,
        },
        Write::Affiliate { jid: old, .. } => {
            matches!(later, Write::Affiliate { jid, .. } if jid == old)
        }
        _ => false,
    }
}

/// Whether the write must be repeated on load; removals have done their work. An affiliation taken away is repeated, because the creator's
/// comes with the creation.
fn is_remembered(write: &Write) -> bool {
    !matches!(
        write,
        Write::RemoveItem { .. }
            | Write::RemoveItems { .. }
            | Write::Unsubscribe { .. }
            | Write::UnsubscribeOnTerms { .. }
            | Write::Await { .. }
            | Write::Unawait { .. }
            | Write::DeleteNode { .. }
    )
}
