//! Carrying a unit out in a transaction of the caller.
//!
//! Knows that the transaction must go on as if nothing had been, when something goes wrong or the caller loses patience: all happens behind
//! a savepoint of sqlx, which is rolled back when it is dropped. A transaction that sqlx does not know of is therefore refused: on PostgreSQL
//! sqlx would take it for none, and commit it.

use std::sync::Arc;

use sqlx::Connection as _;

use super::apply::{Applied, Patience, Thinking, Work, apply, unanswered};
use super::connection::Connection;
use super::dialect::Dialect;
use super::explain;
use super::statement::Statement;
use crate::store::joined::Link;
use crate::store::{Joined, StoreError, StoreErrorKind, Written};

/// Carries a unit out, and leaves the commit to the caller.
pub(super) async fn join(
    transaction: Joined<'_>,
    log: &Arc<str>,
    work: Work,
) -> Result<Option<Vec<Written>>, StoreError> {
    match transaction.0 {
        #[cfg(feature = "sqlite")]
        Link::Sqlite(connection) => {
            let mut savepoint = if connection.is_in_transaction() {
                connection.begin().await.map_err(explain)?
            } else {
                let begun = connection.begin_with(Dialect::Sqlite.begin()).await;
                // The only thing that SQLite can have against the statement itself.
                begun.map_err(|error| match error.as_database_error() {
                    Some(theirs) if theirs.code().as_deref() == Some("1") => raw().with(error),
                    _ => explain(error),
                })?
            };
            let written = carry_out(&mut *savepoint, log, work).await?;
            if written.is_some() {
                savepoint.commit().await.map_err(explain)?;
            } else {
                savepoint.rollback().await.map_err(explain)?;
            }
            Ok(written)
        }
        #[cfg(feature = "postgres")]
        Link::Postgres(connection) => {
            if !connection.is_in_transaction() && is_in_raw_transaction(connection).await? {
                return Err(raw());
            }
            // In an open transaction this is a savepoint.
            let mut savepoint = connection.begin().await.map_err(explain)?;
            let written = carry_out(&mut *savepoint, log, work).await?;
            let Some(written) = written else {
                savepoint.rollback().await.map_err(explain)?;
                return Ok(None);
            };
            if written.iter().any(|written| !written.entries.is_empty()) {
                let tell = sqlx::raw_sql("NOTIFY pubsub_outbox")
                    .execute(&mut *savepoint)
                    .await;
                tell.map_err(explain)?;
            }
            savepoint.commit().await.map_err(explain)?;
            Ok(Some(written))
        }
    }
}

/// Whether the server sees a transaction of which sqlx does not know. The server is asked for a savepoint: it has none to give outside of a
/// transaction, where the error harms nobody.
#[cfg(feature = "postgres")]
async fn is_in_raw_transaction(connection: &mut sqlx::PgConnection) -> Result<bool, StoreError> {
    const NO_TRANSACTION: &str = "25P01";
    let asked = sqlx::raw_sql("SAVEPOINT pubsub_join; RELEASE SAVEPOINT pubsub_join")
        .execute(connection)
        .await;
    match asked {
        Ok(_) => Ok(true),
        Err(error) => match error.as_database_error() {
            Some(theirs) if theirs.code().as_deref() == Some(NO_TRANSACTION) => Ok(false),
            _ => Err(explain(error)),
        },
    }
}

async fn carry_out(
    connection: &mut dyn Connection,
    log: &Arc<str>,
    work: Work,
) -> Result<Option<Vec<Written>>, StoreError> {
    check(connection, log).await?;
    let applied = apply(connection, &mut [work], Patience::Some, Thinking::LONG).await?;
    let Applied::Done(mut outcomes, rest) = applied else {
        return Ok(None);
    };
    if let Some(rest) = rest.rest() {
        connection.execute(rest).await?;
    }
    match outcomes.pop() {
        Some(Some(outcome)) => outcome,
        Some(None) => unanswered(),
        None => Ok(None),
    }
}

/// Whether the transaction is in the database of the store.
async fn check(connection: &mut dyn Connection, log: &Arc<str>) -> Result<(), StoreError> {
    let dialect = connection.dialect();
    let question = match dialect {
        // A transaction whose first statement writes waits for its turn; one that has read before is refused when it comes late.
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "UPDATE pubsub_store SET version = version RETURNING log",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "SELECT log FROM pubsub_store",
    };
    let mut is_same = false;
    let asked = connection
        .fetch(Statement::new(dialect, question), &mut |row| {
            is_same = row.text(0)? == Some(&**log);
            Ok(())
        })
        .await;
    match asked {
        Ok(()) if is_same => Ok(()),
        Ok(()) => Err(elsewhere()),
        Err(error) if error.kind() == StoreErrorKind::Elsewhere => Err(elsewhere().with(error)),
        Err(error) => Err(error),
    }
}

/// A savepoint that sqlx does not know of is not undone when the future is dropped, so none is set in such a transaction: half of a save
/// could be committed.
fn raw() -> StoreError {
    StoreError::new(
        StoreErrorKind::Elsewhere,
        "the connection is in a transaction that was begun with SQL of its own, and sqlx does not know of it; nothing was written, and the \
         transaction can go on. Begin it with `begin()` or `begin_with(\"BEGIN ...\")` of sqlx instead",
    )
}

fn elsewhere() -> StoreError {
    StoreError::new(
        StoreErrorKind::Elsewhere,
        "the transaction is not in the database of the store: set PUBSUB_STORE to the database of the transaction, \
         or open the transaction in the database of the store",
    )
}
