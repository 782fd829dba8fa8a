//! What a relay and an administrator ask of a store.
//!
//! Knows lanes, entries and their settlement. Does not know how they are sent, nor in what order lanes are served.

use futures_util::future::BoxFuture;

use super::{Depth, Entry, Lane, Parked, Settled, StoreError, Waiting, Wanted};
use crate::name::NodeName;

/// The outbox: for each node a lane of numbered entries, delivered from the front.
///
/// A lane belongs to one relay at a time, so that order holds; the relay gives it back when it is empty or its service is away, and loses it with
/// its process. Numbers within a lane have no gaps and are in the order of commits.
pub trait Outbox {
    /// Takes up to `most` lanes that have something to deliver and belong to nobody.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>>;

    /// Reads entries of lanes that were claimed, in order of lane and number.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn waiting<'a>(&'a self, wanted: &'a [Wanted])
    -> BoxFuture<'a, Result<Vec<Entry>, StoreError>>;

    /// Notes what became of entries, and prunes what need not be kept. Lanes that are said to be given back are, and the answer names those
    /// of them that had something new by then and so are still claimed, as they stand. It also names lanes of which nothing could be noted,
    /// because somebody else is writing to them: they are `delivered` no further than before, and are to be settled again later.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; [`StoreErrorKind::Lost`](super::StoreErrorKind::Lost) when a lane is no longer ours.
    fn settle(&self, settled: Vec<Settled>) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>>;

    /// Gives all lanes back, whatever still waits in them, and lets others deliver, until something is claimed again. To be called when
    /// nothing is under way.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; the lanes may still be ours then.
    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Makes the entries of a claimed lane after number `to` undelivered again, as far as they are kept, and answers with the lane
    /// as it stands then: for a service that has lost what it was told.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn rewind<'a>(&'a self, node: &'a NodeName, to: u64)
    -> BoxFuture<'a, Result<Lane, StoreError>>;

    /// Ready when lanes may have become due since the last call: after a commit of this process at once, after one of
    /// others soon. May be ready without a reason.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped loses no news.
    fn news(&self) -> BoxFuture<'_, ()>;

    /// Claims lanes, due or not, of which entries are still kept: those that a service may have forgotten. `after` is the last
    /// node of the previous answer; an empty answer is the end.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>>;

    /// How much waits, and since when.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn depth(&self) -> BoxFuture<'_, Result<Depth, StoreError>>;

    /// Entries that wait for delivery, with ids after `after`, in their order; those of one node, if one is named.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn undelivered<'a>(
        &'a self,
        node: Option<&'a NodeName>,
        after: u64,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Waiting>, StoreError>>;

    /// Parked entries with ids after `after`, in their order.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn parked(&self, after: u64, most: u32) -> BoxFuture<'_, Result<Vec<Parked>, StoreError>>;

    /// Puts parked entries at the end of their lanes, with new numbers; answers how many. One whose item was changed
    /// again since stays parked, and its reason then says so.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn retry<'a>(&'a self, ids: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Forgets parked entries; answers how many.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    fn discard<'a>(&'a self, ids: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>>;
}
