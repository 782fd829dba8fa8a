//! What SQLite said, in our words.
//!
//! Knows its codes. Does not know what was being done.

use sqlx::error::DatabaseError as _;
use sqlx::sqlite::SqliteError;

use crate::store::{StoreError, StoreErrorKind};

/// A transaction that has read is older than what it wants to change.
const BUSY_SNAPSHOT: i32 = 517;
/// The file beside the database that all processes share cannot grow.
const IOERR_SHMSIZE: i32 = 4874;

/// What is said of a file that is something else.
pub(super) const NO_DATABASE: &str = "the file is not an SQLite database, or it is damaged";

/// Tells what went wrong.
pub(crate) fn explain(error: &SqliteError) -> StoreError {
    let code: i32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    let said = error.message();
    let (kind, message) = match (code, code & 0xff) {
        (BUSY_SNAPSHOT, _) => (
            StoreErrorKind::Busy,
            "the transaction has read before it writes, and others have written in between: open it with BEGIN IMMEDIATE".to_owned(),
        ),
        (_, 5 | 6) => (
            StoreErrorKind::Busy,
            "others held the database for too long; if it is a transaction of this program in which something was saved with save_in, commit it, \
             or save in it instead of beside it"
                .to_owned(),
        ),
        (IOERR_SHMSIZE, _) | (_, 13) => (
            StoreErrorKind::Full,
            "the disk is full: make room, and what is saved then is kept".to_owned(),
        ),
        (_, 8) => (
            StoreErrorKind::ReadOnly,
            "the file or its directory cannot be written".to_owned(),
        ),
        (_, 11) => (
            StoreErrorKind::Corrupt,
            format!("the file is damaged ({said}): bring back a copy, or set it aside and start anew"),
        ),
        (_, 26) => (
            StoreErrorKind::Corrupt,
            NO_DATABASE.to_owned(),
        ),
        (_, 14) => (
            StoreErrorKind::Unreachable,
            "the file cannot be opened".to_owned(),
        ),
        (_, 3 | 23) => (
            StoreErrorKind::Unreachable,
            "access to the file is denied".to_owned(),
        ),
        (_, 10) => (
            StoreErrorKind::Database,
            format!("the file cannot be read or written: {said}"),
        ),
        (_, 18) => (
            StoreErrorKind::Database,
            "a value is larger than SQLite takes".to_owned(),
        ),
        _ if said.starts_with("no such table: pubsub_") => (
            StoreErrorKind::Elsewhere,
            format!("the database has no store in it: {said}"),
        ),
        _ => (StoreErrorKind::Database, format!("SQLite says: {said}")),
    };
    StoreError::new(kind, message)
}
