//! What a database has to offer so that a store can be made of it: connections, and everything about who delivers.
//!
//! Knows no statements. The rest of a store is written once, over this.

use std::fmt;

use futures_util::future::BoxFuture;

use super::connection::Connection;
use super::dialect::Dialect;
use crate::name::NodeName;
use crate::store::{Lane, StoreError, Transaction};

/// A database.
pub(crate) trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Which it is.
    fn dialect(&self) -> Dialect;

    /// A new connection to write with.
    fn writing(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, StoreError>>;

    /// Refuses to go on when the database is not the one that was opened any more. Cheap: asked before every save.
    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The right to write: held from before a transaction begins until it has ended.
    fn turn(&self) -> BoxFuture<'_, Result<Turn, StoreError>>;

    /// Begins a transaction of the writer. A light one need not wait for the disk: nobody has been promised anything of it.
    fn begin(&self, is_light: bool) -> &'static str;

    /// A connection to read with, at one moment of the database if that is asked for.
    fn reading(&self, moment: Moment) -> BoxFuture<'_, Result<Box<dyn Reading>, StoreError>>;

    /// A transaction for the program.
    fn transaction(&self) -> BoxFuture<'_, Result<Transaction, StoreError>>;

    /// See [`Outbox::claim`](crate::store::Outbox::claim).
    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Claimed, StoreError>>;

    /// See [`Outbox::remembered`](crate::store::Outbox::remembered).
    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>>;

    /// See [`Outbox::withdraw`](crate::store::Outbox::withdraw).
    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The number under which lanes are ours in the column `owner`; `None` where that column is not used.
    fn owner(&self) -> Option<i64>;

    /// Whether a lane is ours, where the column `owner` is not used.
    fn is_claimed(&self, lane: i64) -> bool;

    /// Forgets lanes while the transaction that gives them back is committed: nobody claims until the answer is done with. Not called where
    /// the column `owner` is used.
    fn releasing(&self) -> BoxFuture<'_, Box<dyn Releasing + '_>>;

    /// See [`Outbox::news`](crate::store::Outbox::news).
    fn news(&self) -> BoxFuture<'_, ()>;

    /// There may be news.
    fn committed(&self);

    /// A transaction of the caller is about to bring news.
    fn expect_news(&self);

    /// Lets go of everything but what [`writing`](Self::writing) gave.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// What was claimed.
#[derive(Debug, Default)]
pub(crate) struct Claimed {
    pub(crate) lanes: Vec<Lane>,
    /// Lanes with something to deliver to a node whose name is none. They belong to nobody.
    pub(crate) nameless: Vec<i64>,
}

/// The right to write, until it is dropped.
pub(crate) type Turn = Option<tokio::sync::OwnedMutexGuard<()>>;

/// Lanes are being given back.
pub(crate) trait Releasing: Send {
    /// These are.
    fn release(&mut self, lanes: &[i64]);
}

/// What a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Each statement sees what is committed by then.
    Each,
    /// All statements see the same.
    Same,
}

/// A connection to read with, given back when it is dropped.
pub(crate) trait Reading: Send {
    /// It.
    fn connection(&mut self) -> &mut dyn Connection;
}
