//! What survives a restart. A store takes whole decisions, as lists of writes, and gives them back as the writes that make the state anew;
//! it knows neither who asked nor who will hear of it.
//!
//! The broker stores a decision before it counts: a store that refuses leaves no trace. [`Storage::commit`] takes the writes of one or of many
//! decisions, so a durable store is free to put many into one transaction.

mod memory;

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
pub trait Storage: std::fmt::Debug + Send + Sync + 'static {
    /// Everything that was committed, as writes in an order in which they can be applied.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn load(&self) -> Result<Vec<Write>, StorageError>;

    /// Keeps all of the writes, or none. Writes that are not [durable](Write::is_durable) may be left out.
    ///
    /// # Errors
    ///
    /// When they could not be kept.
    fn commit(&self, writes: &[Write]) -> Result<(), StorageError>;
}
