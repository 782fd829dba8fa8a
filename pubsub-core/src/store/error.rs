//! What can go wrong with a store, told so that it is clear who has to do something.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a store could not do what it was asked. Cheap to clone: one failed commit is told to everybody who waited for it.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    /// Which database, where that is not yet clear.
    place: Option<Arc<str>>,
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
    /// The transaction is not in the database of the store, or is one that cannot be joined.
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
            place: None,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn with(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Says in which database it happened, once: whoever knows that better has said it before. A mistake of the caller is none of the database.
    pub(crate) fn at(mut self, place: &Arc<str>) -> Self {
        let is_about_the_call = matches!(
            self.kind,
            StoreErrorKind::Query
                | StoreErrorKind::NotStored
                | StoreErrorKind::Elsewhere
                | StoreErrorKind::Unanswered
                | StoreErrorKind::Closed
        );
        if !is_about_the_call && self.place.is_none() {
            self.place = Some(Arc::clone(place));
        }
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
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
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

#[cfg(test)]
mod tests {
    use super::{StoreError, StoreErrorKind};

    #[test]
    fn the_database_is_named_once_and_only_where_it_has_to_do_with_it() {
        let told = |kind| {
            let error = StoreError::new(kind, "no");
            error.at(&"a.db".into()).at(&"b.db".into()).to_string()
        };
        assert_eq!(told(StoreErrorKind::Full), "a.db: no");
        assert_eq!(told(StoreErrorKind::Query), "no");
    }
}
