//! The store of a handle, and the relay that empties its outbox.
//!
//! Knows which models the store has room for. Does not know values, hooks or who asks.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use crate::registry::Descriptor;
use crate::relay::Relay;
use crate::store::{Store, StoreError};

/// A store with a relay. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Depot {
    store: Arc<dyn Store>,
    relay: Relay,
    prepared: Arc<RwLock<HashSet<&'static str>>>,
}

impl Depot {
    /// Joins both; the store has room for these models.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        relay: Relay,
        prepared: impl IntoIterator<Item = &'static Descriptor>,
    ) -> Self {
        let prepared = prepared.into_iter().map(|model| model.node).collect();
        Self {
            store,
            relay,
            prepared: Arc::new(RwLock::new(prepared)),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(crate) fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Makes room for a model that the registry did not have: one that is generic, or of a program that leaves its models alone.
    pub(crate) async fn prepare(&self, model: &'static Descriptor) -> Result<(), StoreError> {
        let is_prepared = {
            let prepared = self.prepared.read();
            let prepared = prepared.unwrap_or_else(PoisonError::into_inner);
            prepared.contains(model.node)
        };
        if !is_prepared {
            self.store.prepare(&[model]).await?;
            let prepared = self.prepared.write();
            let mut prepared = prepared.unwrap_or_else(PoisonError::into_inner);
            prepared.insert(model.node);
        }
        Ok(())
    }
}
