//! What is written in one transaction, and what came of it.
//!
//! Knows rows and announcements by name and id. Does not know SQL, nor the type of a model: the little of it that a transaction needs
//! comes along as plain functions.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::change::Action;
use crate::name::{ItemId, NodeName};
use crate::payload::DecodeError;
use crate::registry::Descriptor;
use crate::store::EntryKind;

/// Finds the channels of a row that was read back.
pub type ChannelsOf = fn(&str) -> Result<Vec<NodeName>, DecodeError>;

/// Whether a row that was read back may be shown: `#[publish(when = ...)]`. One that cannot be read may not.
pub type MayShow = fn(&str) -> bool;

/// Pieces that are written together or not at all.
#[derive(Debug, Default)]
pub struct Unit {
    /// In this order.
    pub pieces: Vec<Piece>,
    /// Who made them.
    pub origin: Option<Arc<str>>,
    /// Rows only: nobody is told.
    pub is_suppressed: bool,
    /// Somebody to be asked, inside the transaction, before anything is written.
    pub consult: Option<Consult>,
}

/// One thing to write.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Inserts a row, or replaces that of the same item. It is told to the nodes if the model publishes the action; channels that the row
    /// it replaces had and this one has not are told of a retraction.
    Save {
        /// The model.
        model: &'static Descriptor,
        /// The id.
        item: ItemId,
        /// The `<entry/>` without a stamp.
        payload: Arc<str>,
        /// The model's node and its channels; empty when this value is not to be published.
        nodes: Vec<NodeName>,
        /// Finds the channels of the row that is replaced.
        channels_of: ChannelsOf,
    },
    /// Deletes a row. What is told carries the row as it was, to the channels that it had. No row is no error.
    Delete {
        /// The model.
        model: &'static Descriptor,
        /// The id.
        item: ItemId,
        /// Finds the channels of the row.
        channels_of: ChannelsOf,
        /// A row that may not be shown is told as gone, without its payload.
        may_show: MayShow,
    },
    /// Tells a row as it is once more. No row is no error.
    Touch {
        /// The model.
        model: &'static Descriptor,
        /// The id.
        item: ItemId,
        /// Finds the channels of the row.
        channels_of: ChannelsOf,
        /// A row that may not be shown is not told.
        may_show: MayShow,
    },
    /// Tells something that is not a row.
    Tell {
        /// Whom.
        node: NodeName,
        /// The id.
        item: ItemId,
        /// What becomes of the item.
        kind: EntryKind,
        /// What happened, where that is known.
        action: Option<Action>,
        /// The node of the model that it comes from.
        model: Option<Arc<str>>,
        /// The payload.
        payload: Option<Arc<str>>,
    },
}

/// A question to the caller from inside the transaction: may this be written?
///
/// A caller who thinks for longer than a moment does not hold the others: they are written first, and the question is put once more if what is
/// there has changed meanwhile.
#[derive(Debug)]
pub struct Consult {
    /// Takes one question at a time.
    pub ask: mpsc::Sender<Question>,
}

/// What a caller is asked.
#[derive(Debug)]
pub struct Question {
    /// The rows as they are, one a piece.
    pub formers: Vec<Former>,
    /// Takes the answer. A caller that is gone has said no; one that does not answer within seconds has, too.
    pub reply: oneshot::Sender<bool>,
}

/// What a piece found in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// What the piece does therefore; `None` for one that finds nothing to do, and for [`Piece::Tell`] as it was given.
    pub action: Option<Action>,
    /// The row that was there.
    pub payload: Option<Arc<str>>,
}

/// What came of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it found.
    pub former: Former,
    /// Who will be told, with the number of the entry.
    pub entries: Vec<(NodeName, u64)>,
}
