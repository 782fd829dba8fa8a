//! Who waits for a message that was published here to come back from the service.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pubsub_core::ItemId;
use tokio::sync::oneshot;

use crate::channel::Info;

/// Those who wait, by the item that they published.
#[derive(Debug, Default)]
pub(crate) struct Echoes {
    waiting: Mutex<HashMap<ItemId, oneshot::Sender<Info>>>,
}

impl Echoes {
    /// Waits for an item; to be called before it is published.
    pub(crate) fn expect(&self, item: &ItemId) -> oneshot::Receiver<Info> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(item.clone(), sender);
        receiver
    }

    /// Waits no more.
    pub(crate) fn forget(&self, item: &ItemId) {
        self.lock().remove(item);
    }

    /// Says that an item has come back.
    pub(crate) fn hear(&self, item: &ItemId, info: Info) {
        let waiting = self.lock().remove(item);
        if let Some(waiting) = waiting {
            // Whoever waited may have gone.
            let _ = waiting.send(info);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ItemId, oneshot::Sender<Info>>> {
        // No code that can panic runs while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
