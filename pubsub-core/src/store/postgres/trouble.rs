//! What PostgreSQL says, in our words: by its SQLSTATE codes.

use sqlx::postgres::PgDatabaseError;

use crate::store::{StoreError, StoreErrorKind};

/// Tells what went wrong. The database's own words follow.
pub(crate) fn explain(error: &PgDatabaseError) -> StoreError {
    let (kind, what) = judge(error.code());
    let mut message = format!("{what}: {} ({})", error.message(), error.code());
    for more in [error.detail(), error.hint()].into_iter().flatten() {
        message.push_str(". ");
        message.push_str(more);
    }
    StoreError::new(kind, message)
}

fn judge(code: &str) -> (StoreErrorKind, &'static str) {
    match code {
        "53100" => (
            StoreErrorKind::Full,
            "the disk of the database is full; make room on it, then save again",
        ),
        "25006" => (
            StoreErrorKind::ReadOnly,
            "the database takes no writes; the URL of the store may name a standby",
        ),
        "42501" => (
            StoreErrorKind::ReadOnly,
            "the database user may not do that; give it the right to create tables, and to use those of the store",
        ),
        "42P01" | "42703" | "3F000" => (
            StoreErrorKind::Elsewhere,
            "the database does not have the tables of the store",
        ),
        "40001" | "40P01" => (
            StoreErrorKind::Busy,
            "others were writing the same at the same time",
        ),
        "55P03" => (StoreErrorKind::Busy, "others held the same for too long"),
        "57014" => (StoreErrorKind::Busy, "it took too long and was ended"),
        "53300" => (
            StoreErrorKind::Busy,
            "the database has no connection to spare; raise max_connections, or run fewer programs",
        ),
        "28000" | "28P01" => (
            StoreErrorKind::Configuration,
            "the database does not let this user in; check user and password in the URL of the store",
        ),
        "3D000" => (
            StoreErrorKind::Configuration,
            "the database of the store does not exist; create it with createdb",
        ),
        "XX001" | "XX002" => (StoreErrorKind::Corrupt, "the database is damaged"),
        "25P02" => (
            StoreErrorKind::Database,
            "a statement of this transaction failed before; roll it back",
        ),
        // The server ends, starts, or has cut the session off.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => (
            StoreErrorKind::Unreachable,
            "the database does not serve now",
        ),
        code if code.starts_with("08") => (
            StoreErrorKind::Unreachable,
            "the connection to the database failed",
        ),
        _ => (StoreErrorKind::Database, "the database refuses"),
    }
}
