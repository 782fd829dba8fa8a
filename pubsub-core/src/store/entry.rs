//! The vocabulary of the outbox: entries, the lanes they stand in, and what becomes of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::change::Action;
use crate::name::{ItemId, NodeName};

/// What an entry does to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Publishes an `<entry/>`; the stamp is written into it on the way out.
    Put,
    /// Publishes a payload as it is.
    Raw,
    /// Retracts the item; the payload, if any, is the last row.
    Retract {
        /// Whether subscribers are told.
        notify: bool,
    },
}

impl EntryKind {
    /// The word that stands for it in a database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Raw => "raw",
            Self::Retract { notify: true } => "retract",
            Self::Retract { notify: false } => "retract-silently",
        }
    }

    /// The kind that a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "put" => Some(Self::Put),
            "raw" => Some(Self::Raw),
            "retract" => Some(Self::Retract { notify: true }),
            "retract-silently" => Some(Self::Retract { notify: false }),
            _ => None,
        }
    }
}

/// One thing to tell one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it goes.
    pub node: NodeName,
    /// Its place among the changes of the node, from 1, without gaps.
    pub sequence: u64,
    /// Which item it is about.
    pub item: ItemId,
    /// What it does to the item.
    pub kind: EntryKind,
    /// What happened to the model, where that is known.
    pub action: Option<Action>,
    /// The node of the model that it comes from, whose configuration the node gets.
    pub model: Option<Arc<str>>,
    /// Who made the change.
    pub origin: Option<Arc<str>>,
    /// The payload without a stamp.
    pub payload: Option<Arc<str>>,
    /// Whether it is parked: a relay passes it over.
    pub is_parked: bool,
    /// Why it can never be sent, if so: somebody has written a row that says nothing. What could not be read of it is replaced by something
    /// like it. A relay parks it.
    pub defect: Option<Arc<str>>,
}

/// A node as the outbox knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Which node.
    pub node: NodeName,
    /// The number of the last entry that is settled, with all before it.
    pub delivered: u64,
    /// The number of the last entry.
    pub last: u64,
}

/// Which entries of a lane to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which lane.
    pub node: NodeName,
    /// Those with higher numbers than this.
    pub after: u64,
    /// How many at most.
    pub most: u32,
}

/// What became of entries of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which lane.
    pub node: NodeName,
    /// Everything up to this number is delivered or parked.
    pub delivered: u64,
    /// Entries that the service refuses for good, with its words.
    pub parked: Vec<(u64, String)>,
    /// Whether the lane is given back.
    pub release: bool,
}

/// An entry that waits for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// By which it is told from all others of the store.
    pub id: u64,
    /// What it says.
    pub entry: Entry,
    /// When it was written, by the clock of whoever wrote it.
    pub since: SystemTime,
}

/// An entry that was refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// By which it is retried or discarded.
    pub id: u64,
    /// What it says.
    pub entry: Entry,
    /// Why it is parked.
    pub reason: String,
    /// When it was written, by the clock of whoever wrote it.
    pub since: SystemTime,
}

/// How much is in an outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Entries that wait for delivery.
    pub waiting: u64,
    /// Nodes that they are for.
    pub nodes: u64,
    /// How long the oldest has waited, by the clock of this machine.
    pub oldest: Option<Duration>,
    /// Entries that were refused for good.
    pub parked: u64,
}
