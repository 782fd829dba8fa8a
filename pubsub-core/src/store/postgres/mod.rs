//! The store in PostgreSQL, version 13 or later.
//!
//! Knows how it is opened, who is told of news, and how several processes share the lanes of one database. What is kept, and by which
//! statements, is in `sql`.
//!
//! A store has one connection that writes, a pool that reads, a pool for transactions of the program, and, once a relay asks, one
//! connection on which lanes are claimed and one that listens. The last two need a session of their own: a pooler in between that
//! lends sessions by the transaction (`pool_mode = transaction` in a `PgBouncer`) breaks them.

mod backend;
mod claims;
mod connection;
mod news;
mod session;
mod trouble;

use std::sync::Arc;

use self::backend::Postgres;
use self::session::Sessions;
pub(crate) use self::trouble::explain;
use crate::store::sql::store::SqlStore;
use crate::store::{Store, StoreError, StoreUrl};

/// Opens the store of `url`; `theirs` is the same without parameters but those of sqlx.
///
/// # Errors
///
/// See [`StoreError`].
pub(crate) async fn open(theirs: &url::Url, url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    let place: Arc<str> = url.to_string().into();
    let opened = async {
        let sessions = Sessions::of(theirs, url.patience)?;
        sessions.check().await?;
        let backend = Arc::new(Postgres::new(sessions));
        SqlStore::start(backend, Arc::clone(&place), url.keep, url.patience).await
    };
    let store = opened.await.map_err(|error| error.at(&place))?;
    Ok(Arc::new(store))
}

/// The same for a store that is there, to look at it: nothing is made, and whatever would write is refused.
pub(crate) async fn look(theirs: &url::Url, url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    let place: Arc<str> = url.to_string().into();
    let opened = async {
        let sessions = Sessions::of(theirs, url.patience)?;
        sessions.check().await?;
        let backend = Arc::new(Postgres::new(sessions));
        SqlStore::look(backend, Arc::clone(&place)).await
    };
    let store = opened.await.map_err(|error| error.at(&place))?;
    Ok(Arc::new(store))
}
