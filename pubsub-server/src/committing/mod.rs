//! Keeps decisions in groups: a thread of its own takes all that waits, has the store keep it at once, and only then lets the askers and the
//! subscribers know. It decides nothing; what it is given has already been made so in memory, and is taken back there when it is not kept.
//!
//! Whoever decides hands an [`Entry`] over while the shard of the node is locked, so the order of entries is the order of decisions. Each has a number;
//! whoever wants to know whether a decision is kept compares its number with [`Committer::kept`]. What is about a node with something that is not kept
//! yet goes through here as well, even a mere look, and so nobody learns of anything that a crash could undo.

mod entry;
mod queue;
mod thread;

pub(crate) use self::entry::{Announced, Asker, Content, Entry};

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub(crate) use self::queue::{BOUNDS, Counts};

use self::queue::Queue;
use self::thread::Work;
use crate::announcer::Announcer;
use crate::router::Wakes;
use crate::service::error::ServiceError;
use crate::shards::Shards;
use crate::storage::{Storage, StorageError};

/// With so many bytes of one client's requests on their way to the disk, nothing more is read from it.
pub(crate) const WINDOW: usize = 1024 * 1024;

/// With so many bytes on their way to the disk altogether, nothing more is taken.
const MOST: usize = 64 * 1024 * 1024;

/// The thread that commits, as others see it.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: Arc<Queue>,
    thread: std::thread::Thread,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    /// Starts the thread.
    pub(crate) fn start(
        storage: Arc<dyn Storage>,
        shards: Arc<Shards>,
        announcer: Arc<Announcer>,
    ) -> Result<Self, StorageError> {
        let queue = Arc::new(Queue::default());
        let work = Work {
            queue: queue.clone(),
            storage,
            shards,
            announcer,
        };
        let handle = std::thread::Builder::new()
            .name("pubsub-commit".to_owned())
            .spawn(move || work.run())
            .map_err(|error| {
                StorageError::new("the thread that commits could not be started").caused_by(error)
            })?;
        Ok(Self {
            queue,
            thread: handle.thread().clone(),
            handle: Mutex::new(Some(handle)),
        })
    }

    /// The number of the last decision of which everybody knows: it is kept, and answered and told.
    pub(crate) fn kept(&self) -> u64 {
        self.queue.kept()
    }

    /// The number of the last decision.
    pub(crate) fn last(&self) -> u64 {
        self.queue.last()
    }

    /// Whether anything at all is on its way to the disk.
    pub(crate) fn is_busy(&self) -> bool {
        self.queue.is_busy()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.queue.counts()
    }

    /// Refuses what would be too much.
    pub(crate) fn check_room(&self) -> Result<(), ServiceError> {
        self.queue.check_room(MOST)
    }

    /// Takes an entry, and gives it its number.
    pub(crate) fn submit(&self, entry: Entry, wakes: &mut Wakes) -> u64 {
        let number = self.queue.push(entry);
        wakes.rouse(&self.thread);
        number
    }

    /// Takes no more, and lets the thread end when everything is kept.
    pub(crate) fn close(&self) {
        self.queue.close();
        self.thread.unpark();
    }

    /// The same, and waits for it. Blocks.
    pub(crate) fn stop(&self) {
        self.close();
        let handle = self
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(handle) = handle
            && handle.join().is_err()
        {
            tracing::error!("the thread that commits has failed");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}
