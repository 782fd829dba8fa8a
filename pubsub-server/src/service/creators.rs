//! How many nodes each account has created, in all shards together. Asked when a node is to be created, and locked for as long as that takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by everything that holds nodes. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Creators(Arc<Mutex<HashMap<Arc<str>, usize>>>);

impl Creators {
    fn counts(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many nodes there are of that account.
    pub(crate) fn count(&self, bare: &str) -> usize {
        self.counts().get(bare).copied().unwrap_or_default()
    }

    pub(super) fn add(&self, bare: &Arc<str>) {
        *self.counts().entry(bare.clone()).or_default() += 1;
    }

    pub(super) fn remove(&self, bare: &str) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(bare) {
            *count -= 1;
            if *count == 0 {
                counts.remove(bare);
            }
        }
    }
}
