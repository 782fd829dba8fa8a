//! What survives a restart. A store takes whole decisions, as lists of writes, and gives them back as the writes that make the state anew;
//! it knows neither who asked nor who will hear of it.
//!
//! Decisions are kept in groups: while one group is on its way to the disk, the decisions of everybody gather for the next one, so that many
//! share the price of one. A group is kept whole or not at all, and nobody is answered or told before it is.

#[cfg(feature = "durable")]
mod disk;
mod memory;

#[cfg(all(feature = "durable", any(test, fuzzing)))]
pub(crate) use self::disk::fuzzing as records;
#[cfg(feature = "durable")]
pub(crate) use self::disk::{DATABASE, check_directory, note_people};
#[cfg(feature = "durable")]
pub use self::disk::{DiskStorage, SyncLevel, self_signed_files};
pub use self::memory::{MemoryStorage, Volatile};

use crate::service::vocabulary::Write;

/// Why a store did not take or give something.
#[derive(Debug, thiserror::Error)]
#[error("the storage failed: {reason}")]
pub struct StorageError {
    reason: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StorageError {
    /// A failure in words.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            source: None,
        }
    }

    /// What caused it, in words; empty if that is not known.
    pub(crate) fn cause(&self) -> String {
        self.source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// The same with what caused it.
    #[must_use]
    pub fn caused_by(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..self
        }
    }
}

/// Keeps the state of the service.
///
/// A server calls [`load`](Self::load) once, before anything else, and then everything from one thread of its own, one call at a time. They may block.
pub trait Storage: std::fmt::Debug + Send + Sync + 'static {
    /// Whether it keeps nothing at all. Then the server does not even ask it, and saves the way through the thread that commits.
    fn is_volatile(&self) -> bool {
        false
    }

    /// Gives everything that was committed to `take`, as writes in an order in which they can be applied.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not understood.
    fn load(&self, take: &mut dyn FnMut(Write)) -> Result<(), StorageError>;

    /// Keeps a group of decisions, all of them or none, in this order. Each is the list of its writes; what is not
    /// [durable](Write::is_durable) may be left out.
    ///
    /// # Errors
    ///
    /// When they were not kept. The server takes them back then, and answers those who asked for them with an error. It goes on committing what is
    /// asked later, so a store whose disk has come back can go on too.
    fn commit(&self, decisions: &[&[Write]]) -> Result<(), StorageError>;

    /// Called when nothing has come for a while, and at the end: a time to write what a weaker promise has left unwritten.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The server notes it in its log.
    fn flush(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
