//! A transaction that the store opens for a program: several saves, and tables of the program's own, in one commit.
//!
//! Knows the connection and what ends with it. What is written on it goes through [`Store::join`](super::Store::join).

use std::fmt;
use std::sync::Arc;

use super::StoreError;
use super::joined::Link;

/// An open transaction on a connection of its own. Dropped without a commit, it is rolled back.
///
/// In SQLite it holds the right to write until it ends: keep it short, and do not save outside of it meanwhile.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    link: Own,
    /// Which database it is in.
    place: Option<Arc<str>>,
    /// Lets others write again when it is dropped, and is told of the commit.
    hold: Box<dyn Hold>,
}

/// What a store wants to know of a transaction that it has opened.
pub(crate) trait Hold: Send + Sync {
    /// It was committed.
    fn committed(&self);
}

/// Whose transaction it is.
pub(crate) enum Own {
    /// SQLite's.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// PostgreSQL's.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    pub(crate) fn new(link: Own, hold: Box<dyn Hold>) -> Self {
        Self {
            link,
            place: None,
            hold,
        }
    }

    /// The same, with the name of its database.
    pub(crate) fn of(mut self, place: &Arc<str>) -> Self {
        self.place = Some(Arc::clone(place));
        self
    }

    /// Makes everything durable that was written in it.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; nothing was written then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped may have committed or not.
    pub async fn commit(self) -> Result<(), StoreError> {
        let committed: Result<(), StoreError> = match self.link {
            #[cfg(feature = "sqlite")]
            Own::Sqlite(transaction) => transaction.commit().await.map_err(super::sql::explain),
            #[cfg(feature = "postgres")]
            Own::Postgres(transaction) => transaction.commit().await.map_err(super::sql::explain),
        };
        named(committed, self.place.as_ref())?;
        self.hold.committed();
        Ok(())
    }

    /// Forgets everything that was written in it. Dropping it does the same, without waiting.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached; it forgets by itself then.
    pub async fn rollback(self) -> Result<(), StoreError> {
        let undone: Result<(), StoreError> = match self.link {
            #[cfg(feature = "sqlite")]
            Own::Sqlite(transaction) => transaction.rollback().await.map_err(super::sql::explain),
            #[cfg(feature = "postgres")]
            Own::Postgres(transaction) => transaction.rollback().await.map_err(super::sql::explain),
        };
        named(undone, self.place.as_ref())
    }

    /// The connection, if the store is in SQLite: for tables of the program's own.
    #[cfg(feature = "sqlite")]
    pub fn as_sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        match &mut self.link {
            Own::Sqlite(transaction) => Some(transaction),
            #[cfg(feature = "postgres")]
            Own::Postgres(_) => None,
        }
    }

    /// The connection, if the store is in PostgreSQL: for tables of the program's own.
    #[cfg(feature = "postgres")]
    pub fn as_postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        match &mut self.link {
            Own::Postgres(transaction) => Some(transaction),
            #[cfg(feature = "sqlite")]
            Own::Sqlite(_) => None,
        }
    }

    pub(crate) fn link(&mut self) -> Link<'_> {
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Own::Sqlite(transaction) => Link::Sqlite(transaction),
            #[cfg(feature = "postgres")]
            Own::Postgres(transaction) => Link::Postgres(transaction),
        }
    }
}

fn named(ended: Result<(), StoreError>, place: Option<&Arc<str>>) -> Result<(), StoreError> {
    match place {
        Some(place) => ended.map_err(|error| error.at(place)),
        None => ended,
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
