//! What a database or its driver said, in our words.
//!
//! Knows which driver's errors go where. The codes of each database are in its own folder.

use crate::store::{StoreError, StoreErrorKind};

/// Tells what went wrong.
pub(crate) fn explain(error: sqlx::Error) -> StoreError {
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            #[cfg(feature = "sqlite")]
            if let Some(theirs) = database.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                return crate::store::sqlite::explain(theirs).with(error);
            }
            #[cfg(feature = "postgres")]
            if let Some(theirs) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                return crate::store::postgres::explain(theirs).with(error);
            }
            (
                StoreErrorKind::Database,
                format!("the database refuses: {}", database.message()),
            )
        }
        sqlx::Error::PoolTimedOut => (
            StoreErrorKind::Busy,
            "all connections to the database were in use for too long".to_owned(),
        ),
        sqlx::Error::PoolClosed => (StoreErrorKind::Closed, "the store is closed".to_owned()),
        // The store opens another one.
        sqlx::Error::WorkerCrashed => (
            StoreErrorKind::Unreachable,
            "the connection to the database is gone".to_owned(),
        ),
        sqlx::Error::Io(theirs) => (
            StoreErrorKind::Unreachable,
            format!("the database cannot be reached: {theirs}"),
        ),
        sqlx::Error::Tls(theirs) => (
            StoreErrorKind::Unreachable,
            format!("no secure connection to the database: {theirs}"),
        ),
        sqlx::Error::Configuration(theirs) => (
            StoreErrorKind::Configuration,
            format!("the URL of the store cannot be used: {theirs}"),
        ),
        other => (
            StoreErrorKind::Database,
            format!("the database driver says: {other}"),
        ),
    };
    StoreError::new(kind, message).with(error)
}
