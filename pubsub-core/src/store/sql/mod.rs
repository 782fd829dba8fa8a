//! Stores in SQL databases: what SQLite and PostgreSQL have in common, written once over a connection that hides which it is.

mod admin;
mod apply;
pub(crate) mod backend;
mod batch;
mod clock;
mod column_change;
pub(crate) mod connection;
pub(crate) mod dialect;
pub(crate) mod entries;
mod join;
pub(crate) mod kept;
mod lanes;
pub(crate) mod migration;
mod note;
mod pruning;
mod rows;
mod script;
pub(crate) mod select;
pub(crate) mod statement;
pub(crate) mod store;
mod table;
mod trouble;
mod writer;

pub(crate) use self::trouble::explain;
