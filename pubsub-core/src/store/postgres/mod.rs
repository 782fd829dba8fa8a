//! The store in PostgreSQL, version 13 or later.
//!
//! Knows how it is opened, who is told of news, and how several processes share the lanes of one database. What is kept, and by which
//! statements, is in `sql`.
//!
//! A store has one connection that writes, a pool that reads, a pool for transactions of the program, and, once a relay asks, one
//! connection on which lanes are claimed and one that listens. The last two need a session of their own: a pooler in between that
//! lends sessions by the transaction (`PgBouncer`'s `pool_mode = transaction`) breaks them.

mod backend;
mod claims;
mod connection;
mod news;
mod session;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use self::backend::Postgres;
use self::session::Sessions;
pub(crate) use self::trouble::explain;
use crate::store::sql::store::SqlStore;
use crate::store::{Store, StoreError};

/// Opens the store of a URL, which has no parameters but those of sqlx.
///
/// # Errors
///
/// See [`StoreError`].
pub(crate) async fn open(
    url: &url::Url,
    keep: u64,
    patience: Duration,
) -> Result<Arc<dyn Store>, StoreError> {
    let sessions = Sessions::of(url, patience)?;
    sessions.check().await?;
    let backend = Arc::new(Postgres::new(sessions));
    let store = SqlStore::start(backend, keep, patience).await?;
    Ok(Arc::new(store))
}
