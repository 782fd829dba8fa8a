//! Stores in SQL databases: what SQLite and PostgreSQL have in common, written once over a connection that hides which it is.

pub(crate) mod dialect;
pub(crate) mod kept;
pub(crate) mod select;
