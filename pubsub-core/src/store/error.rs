//! What can go wrong with a store, told so that it is clear who has to do something.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a store could not do what it was asked. Cheap to clone: one failed commit is told to everybody who waited for it.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Arc<str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What kind of trouble a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The setting that names the store cannot be used.
    Configuration,
    /// The database cannot be opened or reached.
    Unreachable,
    /// The database is of a later version of this library, or not one of ours.
    Version,
    /// The database file is damaged.
    Corrupt,
    /// The database cannot be written.
    ReadOnly,
    /// There is no room for more.
    Full,
    /// Others held the database for too long. The same call may succeed later.
    Busy,
    /// A query names a field that the model does not have, or compares it with what it cannot be.
    Query,
    /// The store keeps no rows of the model: the program has tables of its own for it.
    NotStored,
    /// A row cannot be read back.
    Row,
    /// A lane belongs to another relay by now.
    Lost,
    /// The transaction is not in the database of the store.
    Elsewhere,
    /// A hook did not answer in time.
    Unanswered,
    /// The store is closed.
    Closed,
    /// The database says something else.
    Database,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn with(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Busy | StoreErrorKind::Unreachable | StoreErrorKind::Lost
        )
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}
