//! Where saves become durable: rows of models, and the outbox of what is still to be told.
//!
//! Knows what is kept and what is promised about it. Does not know a service, a session or a model's type; how it is
//! kept in a database is in `sql`, and who takes changes out of the outbox is the relay.

mod column;
mod entry;
mod error;
pub(crate) mod file;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod joined;
#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
mod nowhere;
mod open;
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod split;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod transaction;
mod unit;
mod url;
mod value;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::column::{Column, ColumnKind, columns};
pub use self::entry::{Depth, Entry, EntryKind, Lane, Parked, Settled, Waiting, Wanted};
pub use self::error::{StoreError, StoreErrorKind};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::joined::Joined;
#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
pub use self::nowhere::{Joined, Transaction};
pub use self::open::open;
pub use self::outbox::Outbox;
pub use self::query::{Condition, Direction, Query};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::transaction::Transaction;
pub use self::unit::{ChannelsOf, Consult, Former, MayShow, Piece, Unit, Written};
pub use self::url::StoreUrl;
pub use self::value::Value;
use crate::name::{ItemId, NodeName};
use crate::registry::Descriptor;

/// A row as it is kept: the payload of a model under the id of its item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The id of its item.
    pub item: ItemId,
    /// The whole `<entry/>`, without a stamp.
    pub payload: Arc<str>,
}

/// Rows, and the moment at which they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// What was asked for, in the order that was asked for.
    pub rows: Vec<Row>,
    /// How many rows there are without limit and offset, if that was asked for.
    pub total: Option<u64>,
    /// The number of the last change of the model's node that these rows show; all later ones they do not.
    pub sequence: u64,
    /// The same of each of the channels that the query named.
    pub channels: Vec<u64>,
}

/// Part of what happened to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// In order, without gaps, beginning right after the number that was asked for.
    pub entries: Vec<Entry>,
    /// The number of the node's last change.
    pub last: u64,
    /// Whether the entries right after that number are no longer kept; there are none then.
    pub is_gone: bool,
}

/// A durable store of rows, with an outbox that is written in the same transactions.
///
/// What a method wrote is durable when its future is ready, as far as the settings of the store promise it. A future that is
/// dropped earlier may have written everything or nothing, never a part.
pub trait Store: Outbox + fmt::Debug + Send + Sync + 'static {
    /// The id of the log in which this store numbers the changes of each node; made with the store, and never changed.
    fn log(&self) -> &Arc<str>;

    /// Makes room for these models: a table each, with the columns of its schema.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn prepare<'a>(
        &'a self,
        models: &'a [&'static Descriptor],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Writes all of it, or nothing, and answers with one [`Written`] a piece. `None` when the consulted caller refused.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; nothing was written then.
    fn write(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Vec<Written>>, StoreError>>;

    /// The same as [`write`](Self::write), in a transaction that the caller has opened and will commit.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; [`StoreErrorKind::Elsewhere`] when the transaction is not in the database of the store. Nothing was written
    /// then, and the transaction can go on.
    fn join<'a>(
        &'a self,
        transaction: Joined<'a>,
        unit: Unit,
    ) -> BoxFuture<'a, Result<Option<Vec<Written>>, StoreError>>;

    /// Opens a transaction on a connection of its own, to be joined.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; [`StoreErrorKind::Busy`] when others write for too long.
    fn begin(&self) -> BoxFuture<'_, Result<Transaction, StoreError>>;

    /// Says that a transaction that was joined has been committed: [`news`](Outbox::news) is ready at once. Without this call it is soon.
    fn committed(&self);

    /// The row of an item.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn row<'a>(
        &'a self,
        model: &'static Descriptor,
        item: &'a ItemId,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>>;

    /// The rows that a query asks for, and the position at which they were read: both of one moment.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; [`StoreErrorKind::Query`] for a field that the model does not have.
    fn rows<'a>(
        &'a self,
        model: &'static Descriptor,
        query: &'a Query,
    ) -> BoxFuture<'a, Result<Rows, StoreError>>;

    /// What happened to a node after its change number `after`, at most `most` entries, delivered or not.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn history<'a>(
        &'a self,
        node: &'a NodeName,
        after: u64,
        most: u32,
    ) -> BoxFuture<'a, Result<History, StoreError>>;

    /// Finishes what is under way and lets go of the database. Later calls fail.
    fn close(&self) -> BoxFuture<'_, ()>;
}
