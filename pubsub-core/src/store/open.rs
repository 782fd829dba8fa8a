//! Opening the store that a setting names.
//!
//! Knows which databases are built in. How each is opened is in its own folder.

use std::sync::Arc;

use super::url::Place;
use super::{Store, StoreError, StoreErrorKind, StoreUrl};

/// Opens a store: makes its tables where they are missing, and brings those of an earlier version up to date.
///
/// # Errors
///
/// See [`StoreError`]; among others when the setting says `off`, or names a database that is not built in.
///
/// # Cancel safety
///
/// A future that is dropped leaves the database as it was or with all tables made.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    match &url.place {
        Place::Off => Err(StoreError::new(
            StoreErrorKind::Configuration,
            "PUBSUB_STORE is off: there is no store to open",
        )),
        #[cfg(feature = "sqlite")]
        Place::Sqlite {
            path,
            is_synchronous,
        } => {
            let settings = super::sqlite::Settings {
                path: path.clone(),
                is_synchronous: *is_synchronous,
                keep: url.keep,
                patience: url.patience,
            };
            super::sqlite::open(settings).await
        }
        #[cfg(not(feature = "sqlite"))]
        Place::Sqlite { .. } => Err(missing("sqlite")),
        #[cfg(feature = "postgres")]
        Place::Postgres(theirs) => super::postgres::open(theirs, url).await,
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => Err(missing("postgres")),
    }
}

#[allow(dead_code, reason = "not needed where everything is built in")]
fn missing(feature: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Configuration,
        format!(
            "this program was built without the feature `{feature}` of pubsub-core, which such a store needs: \
             add it to the dependency"
        ),
    )
}
