//! The file: made for its owner alone, and opened so that what is committed stays.
//!
//! Knows paths and pragmas. Does not know tables.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::Settings;
use super::trouble::NO_DATABASE;
use crate::store::file::{check, open_private, refused};
use crate::store::sql::dialect::Dialect;
use crate::store::sql::explain;
use crate::store::sql::migration::present;
use crate::store::{StoreError, StoreErrorKind};

/// How many connections read at once.
const READERS: u32 = 4;
/// How many transactions of the program may be waiting for each other with a connection.
const WRITERS: u32 = 8;
/// After how long a connection that nobody uses is closed.
const IDLE: Duration = Duration::from_mins(10);
/// How many rows a reader is ahead of whoever takes them.
const AHEAD: usize = 1024;
/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// Makes the file where it is missing, readable for its owner only.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    match open_private(path, true) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if path.is_dir() {
                return Err(refused(path, ErrorKind::IsADirectory.into()));
            }
            Ok(())
        }
        Err(error) => Err(refused(path, error)),
    }
}

/// Whether a save could be written: SQLite opens a file that may only be read without a word, and begins any transaction in it. It is
/// SQLite that is asked, because its locks would be lost if the file were opened and closed beside it.
pub(super) async fn check_writable(options: SqliteConnectOptions) -> Result<(), StoreError> {
    let options = options.busy_timeout(Duration::ZERO);
    let mut connection = options.connect().await.map_err(explain)?;
    let begun = connection.begin_with(Dialect::Sqlite.begin()).await;
    let outcome = match begun.map_err(explain) {
        Ok(mut begun) => {
            let changed = begun
                .execute("UPDATE pubsub_store SET version = version")
                .await;
            // Nothing was written yet, and a transaction that is dropped never is.
            changed.map(drop).map_err(explain)
        }
        // Then somebody writes.
        Err(error) if error.kind() == StoreErrorKind::Busy => Ok(()),
        Err(error) => Err(error),
    };
    // Nothing depends on a polite end.
    let _ = sqlx::Connection::close(connection).await;
    outcome
}

/// Refuses a file that is none of ours, before anything is made beside it or changed in it. What SQLite says is of the file alone, without its
/// journal: it may be old, but a stranger's file does not look like ours. It is SQLite that is asked, for the reason above.
pub(super) async fn inspect(path: &Path) -> Result<(), StoreError> {
    if !check(path)? {
        return Ok(());
    }
    let options = SqliteConnectOptions::new().filename(path);
    let options = options.read_only(true).immutable(true);
    let opened = options.disable_statement_logging().connect().await;
    let mut connection = match opened {
        Ok(connection) => connection,
        Err(error) if is_no_database(&error) => return Err(explain(error)),
        // Whoever opens it in earnest will see.
        Err(_) => return Ok(()),
    };
    let seen = present(&mut connection).await;
    // Nothing depends on a polite end.
    let _ = sqlx::Connection::close(connection).await;
    match seen {
        Err(error) if error.kind() == StoreErrorKind::Version => Err(error),
        Err(error) if error.to_string().contains(NO_DATABASE) => Err(error),
        _ => Ok(()),
    }
}

fn is_no_database(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("26"))
}

/// How each connection is opened.
pub(super) fn options(settings: &Settings) -> SqliteConnectOptions {
    let synchronous = if settings.is_synchronous {
        SqliteSynchronous::Full
    } else {
        SqliteSynchronous::Normal
    };
    SqliteConnectOptions::new()
        .filename(&settings.path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(settings.patience)
        .statement_cache_capacity(STATEMENTS)
        // The journal may grow with a large transaction, and shrinks afterwards.
        .pragma("journal_size_limit", "67108864")
        // In KiB.
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "MEMORY")
        .thread_name(|number| format!("pubsub-store-{number}"))
        .disable_statement_logging()
}

/// How each connection is opened that only looks: nothing is made or changed.
pub(super) fn looking(settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&settings.path)
        .read_only(true)
        .busy_timeout(settings.patience)
        .disable_statement_logging()
}

pub(super) fn readers(options: &SqliteConnectOptions, patience: Duration) -> SqlitePool {
    pool(READERS, patience).connect_lazy_with(
        options
            .clone()
            .pragma("query_only", "ON")
            .row_buffer_size(AHEAD),
    )
}

pub(super) fn writers(options: &SqliteConnectOptions, patience: Duration) -> SqlitePool {
    pool(WRITERS, patience).connect_lazy_with(options.clone())
}

fn pool(most: u32, patience: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(most)
        .acquire_timeout(patience)
        .idle_timeout(IDLE)
        // A file does not hang up.
        .test_before_acquire(false)
}
