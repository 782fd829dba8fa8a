//! Takes entries out of the outbox and sends them, in order a node, until the service has them.
//!
//! Knows lanes, entries and an outlet. Does not know SQL or stanzas.
//!
//! The pure part decides: `lane` is the way of one node's entries, `lanes` is whose turn it is, `slot` is one entry, `back_off` says how long to
//! wait, `bounds` how much is too much, `pace` how much the service gets through. `task` does what they say: reading, sending and settling go on at the same time. `prepare` makes changes of entries,
//! `memory` finds out whether the service forgot what it was told, `measure` counts. A relay that cannot reach its service leaves the lanes to
//! others until it can: `task/post`.

mod back_off;
mod bounds;
mod lane;
mod lanes;
mod load;
mod measure;
mod memory;
mod pace;
mod prepare;
mod slot;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use self::task::{Command, Task};
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::store::Store;

/// The task that delivers, and the handle on it. Cheap to clone. The task ends with [`stop`](Self::stop), or when the last clone is dropped:
/// then at once, and what was under way is delivered by the next relay, perhaps once more.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    commands: mpsc::Sender<Command>,
}

impl Relay {
    /// Begins to deliver what is in the outbox. To be called inside a Tokio runtime.
    pub(crate) fn start(store: Arc<dyn Store>, outlet: Outlet, registry: Registry) -> Self {
        let (commands, receiver) = mpsc::channel(16);
        tokio::spawn(Task::new(store, outlet, registry, receiver).run());
        Self { commands }
    }

    /// Waits until everything that this process can see in the outbox is delivered or parked, but not longer than `limit`. Whether it is.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait and nothing else.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let drained = async {
            let (reply, drained) = oneshot::channel();
            self.commands.send(Command::Drain(reply)).await.is_ok() && drained.await.is_ok()
        };
        timeout(limit, drained).await.unwrap_or(false)
    }

    /// Stops taking entries, waits for what is under way for at most `limit`, and gives its lanes back.
    ///
    /// # Cancel safety
    ///
    /// Once this was polled, dropping the future does not call the stop off.
    pub(crate) async fn stop(&self, limit: Duration) {
        let (reply, stopped) = oneshot::channel();
        let deadline = Instant::now() + limit;
        let command = Command::Stop { deadline, reply };
        if self.commands.send(command).await.is_ok() {
            // A task that is gone has stopped.
            let _ = stopped.await;
        }
    }
}
