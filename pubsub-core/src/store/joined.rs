//! Joining a transaction that somebody else opened.
//!
//! Knows whose connection it is. Does not know what is written on it.

use std::fmt;

use super::Transaction;

/// A transaction that the caller has opened, and will commit or roll back.
///
/// Made of a `&mut` to a transaction or connection of sqlx, or to a [`Transaction`] of the store. It must be in the same database as the
/// store. A connection without an open transaction is committed to at once. One with a transaction that was begun by executing `BEGIN`, which
/// sqlx does not know of, is refused: begin it with `begin()` or `begin_with("BEGIN ...")`.
///
/// In SQLite a transaction that is going to write is best opened with `BEGIN IMMEDIATE`
/// (`pool.begin_with("BEGIN IMMEDIATE")`): one that has read before it writes is refused when somebody else has written in between.
pub struct Joined<'t>(pub(crate) Link<'t>);

/// Whose connection it is.
pub(crate) enum Link<'t> {
    /// SQLite's.
    #[cfg(feature = "sqlite")]
    Sqlite(&'t mut sqlx::SqliteConnection),
    /// PostgreSQL's.
    #[cfg(feature = "postgres")]
    Postgres(&'t mut sqlx::PgConnection),
}

impl Joined<'_> {
    /// The same transaction for a shorter time.
    pub fn reborrow(&mut self) -> Joined<'_> {
        Joined(match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(connection) => Link::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Link::Postgres(connection) => Link::Postgres(connection),
        })
    }
}

impl fmt::Debug for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => "Joined(SQLite)",
            #[cfg(feature = "postgres")]
            Link::Postgres(_) => "Joined(PostgreSQL)",
        })
    }
}

impl<'t> From<&'t mut Transaction> for Joined<'t> {
    fn from(transaction: &'t mut Transaction) -> Self {
        Self(transaction.link())
    }
}

#[cfg(feature = "sqlite")]
impl<'t> From<&'t mut sqlx::SqliteConnection> for Joined<'t> {
    fn from(connection: &'t mut sqlx::SqliteConnection) -> Self {
        Self(Link::Sqlite(connection))
    }
}

#[cfg(feature = "sqlite")]
impl<'t> From<&'t mut sqlx::Transaction<'_, sqlx::Sqlite>> for Joined<'t> {
    fn from(transaction: &'t mut sqlx::Transaction<'_, sqlx::Sqlite>) -> Self {
        Self(Link::Sqlite(transaction))
    }
}

#[cfg(feature = "postgres")]
impl<'t> From<&'t mut sqlx::PgConnection> for Joined<'t> {
    fn from(connection: &'t mut sqlx::PgConnection) -> Self {
        Self(Link::Postgres(connection))
    }
}

#[cfg(feature = "postgres")]
impl<'t> From<&'t mut sqlx::Transaction<'_, sqlx::Postgres>> for Joined<'t> {
    fn from(transaction: &'t mut sqlx::Transaction<'_, sqlx::Postgres>) -> Self {
        Self(Link::Postgres(transaction))
    }
}
