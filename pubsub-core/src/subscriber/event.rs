//! What a subscriber is told. The last value of a change's way; nothing here knows how it came.

use jid::Jid;

use crate::change::Stamp;
use crate::name::{ItemId, NodeName};

/// Something that happened to a node, with its payload decoded to `T`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<T> {
    /// An item was published, or published again (XEP-0060 §7.1).
    Published {
        /// The id of the item; publishing it again replaces it.
        id: ItemId,
        /// The item.
        item: T,
        /// Who published it, where the service says so.
        publisher: Option<Jid>,
        /// What the sender says of the change: create or update, who made it, its place in the sender's order.
        change: Stamp,
    },
    /// An item was deleted (§7.2).
    Retracted {
        /// The id that it had.
        id: ItemId,
        /// The item as it was, where the sender said so: our senders do, unless it was one that may not be published, or is written in
        /// Django's form.
        last: Option<T>,
        /// What the sender says of the change; nothing, of a foreign one.
        change: Stamp,
    },
    /// All items were removed (§8.5).
    Purged,
    /// The node was deleted (§8.4); nothing more will come from it unless it is created and subscribed to again.
    Deleted {
        /// Where its owner says to look instead.
        redirect: Option<String>,
    },
    /// The configuration of the node was changed (§8.2).
    Configured,
}

impl<T> Event<T> {
    /// The item of a [`Published`](Self::Published) event.
    #[must_use]
    pub fn item(&self) -> Option<&T> {
        match self {
            Self::Published { item, .. } => Some(item),
            Self::Retracted { .. } | Self::Purged | Self::Deleted { .. } | Self::Configured => None,
        }
    }

    /// What the sender says of the change that was made, if one was made to an item.
    #[must_use]
    pub fn change(&self) -> Option<&Stamp> {
        match self {
            Self::Published { change, .. } | Self::Retracted { change, .. } => Some(change),
            Self::Purged | Self::Deleted { .. } | Self::Configured => None,
        }
    }

    /// The item of a [`Published`](Self::Published) event, by value.
    #[must_use]
    pub fn into_item(self) -> Option<T> {
        match self {
            Self::Published { item, .. } => Some(item),
            Self::Retracted { .. } | Self::Purged | Self::Deleted { .. } | Self::Configured => None,
        }
    }
}

/// An item as a node keeps it, with its payload decoded to `T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<T> {
    /// The node it was read from.
    pub node: NodeName,
    /// Its id.
    pub id: ItemId,
    /// The item.
    pub item: T,
    /// Who published it, where the service says so.
    pub publisher: Option<Jid>,
    /// What the sender says of the change that put it there.
    pub change: Stamp,
}
