//! Opening the store that a setting names.
//!
//! Knows which databases are built in. How each is opened is in its own folder.

use std::sync::Arc;

use super::url::Place;
use super::{Store, StoreError, StoreErrorKind, StoreUrl};

/// Opens a store: makes its tables where they are missing, and brings those of an earlier version up to date.
///
/// The file of an SQLite store is found once, here: neither another working directory nor another link makes it another file later.
///
/// # Errors
///
/// See [`StoreError`]; among others when the setting says `off`, or names a database that is not built in.
///
/// # Cancel safety
///
/// A future that is dropped leaves the database as it was or with all tables made.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    let url = &resolve(url).await?;
    match &url.place {
        Place::Off => Err(off()),
        #[cfg(feature = "sqlite")]
        Place::Sqlite { .. } => super::sqlite::open(settings(url)?).await,
        #[cfg(not(feature = "sqlite"))]
        Place::Sqlite { .. } => Err(missing("sqlite")),
        #[cfg(feature = "postgres")]
        Place::Postgres(theirs) => super::postgres::open(theirs, url).await,
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => Err(missing("postgres")),
    }
}

/// Opens a store that is there to look at its outbox and rows, with the right to read and no other. Nothing is made or changed, and whatever would
/// change something fails with [`StoreErrorKind::ReadOnly`].
///
/// # Errors
///
/// See [`StoreError`]; [`StoreErrorKind::Version`] for a database that has no store in it.
pub async fn look(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    let url = &resolve(url).await?;
    match &url.place {
        Place::Off => Err(off()),
        #[cfg(feature = "sqlite")]
        Place::Sqlite { .. } => super::sqlite::look(settings(url)?).await,
        #[cfg(not(feature = "sqlite"))]
        Place::Sqlite { .. } => Err(missing("sqlite")),
        #[cfg(feature = "postgres")]
        Place::Postgres(theirs) => super::postgres::look(theirs, url).await,
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => Err(missing("postgres")),
    }
}

/// The same setting with the one path of its file, if it is one. A file that is none of ours is refused; nothing is made or changed.
pub(crate) async fn resolve(url: &StoreUrl) -> Result<StoreUrl, StoreError> {
    #[cfg(feature = "sqlite")]
    if let Place::Sqlite {
        path,
        is_synchronous,
    } = &url.place
    {
        return Ok(StoreUrl {
            place: Place::Sqlite {
                path: super::sqlite::resolve(path).await?,
                is_synchronous: *is_synchronous,
            },
            ..url.clone()
        });
    }
    Ok(url.clone())
}

#[cfg(feature = "sqlite")]
fn settings(url: &StoreUrl) -> Result<super::sqlite::Settings, StoreError> {
    match &url.place {
        Place::Sqlite {
            path,
            is_synchronous,
        } => Ok(super::sqlite::Settings {
            path: path.clone(),
            is_synchronous: *is_synchronous,
            keep: url.keep,
            patience: url.patience,
        }),
        Place::Off | Place::Postgres(_) => Err(off()),
    }
}

fn off() -> StoreError {
    StoreError::new(
        StoreErrorKind::Configuration,
        "PUBSUB_STORE is off: there is no store to open",
    )
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
