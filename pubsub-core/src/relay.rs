//! Takes entries out of the outbox and sends them, in order a node, until the service has them.
//!
//! Knows lanes, entries and an outlet. Does not know SQL or stanzas.

use std::sync::Arc;
use std::time::Duration;

use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::store::Store;

/// The task that delivers, and the handle on it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Relay {}

impl Relay {
    /// Begins to deliver what is in the outbox.
    pub(crate) fn start(store: Arc<dyn Store>, outlet: Outlet, registry: Registry) -> Self {
        let _ = (store, outlet, registry);
        Self {}
    }

    /// Waits until everything that this process can see in the outbox is delivered or parked, but not longer than `limit`. Whether it is.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let _ = limit;
        true
    }

    /// Stops taking entries, waits for what is under way for at most `limit`, and gives its lanes back.
    pub(crate) async fn stop(&self, limit: Duration) {
        let _ = limit;
    }
}
