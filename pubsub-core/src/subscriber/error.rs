//! What can go wrong for a subscriber. Only the last variant ends the stream.

use thiserror::Error;

use crate::name::{ItemId, NameError, NodeName};
use crate::payload::DecodeError;
use crate::session::PubSubError;

/// One thing that a subscription could not deliver. The stream goes on after each but [`Closed`](Self::Closed).
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// An item whose payload is not of the subscribed type. It is passed over.
    #[error("item \"{id}\" of node \"{node}\" cannot be read: {source}")]
    Decode {
        /// The node.
        node: NodeName,
        /// The item.
        id: ItemId,
        /// What is wrong with its payload.
        source: DecodeError,
    },
    /// Events are missing here: the connection was lost, or this reader was too slow, and the node does not
    /// keep enough items to tell which. What it does keep follows.
    #[error("events of node \"{node}\" are missing")]
    Gap {
        /// The node.
        node: NodeName,
    },
    /// The model's node has a name that no node can have.
    #[error("\"{node}\" cannot be a node: {error}")]
    Node {
        /// The name.
        node: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The position was read from another node. Numbers of one node say nothing about another.
    #[error(
        "this position is not of node \"{node}\"; take one from a page, receipt or items of that node, or subscribe without one"
    )]
    Position {
        /// The node that was to be subscribed to.
        node: NodeName,
    },
    /// The service refuses something that the subscription needs; an event may be missing.
    #[error("{0}")]
    Refused(#[from] PubSubError),
    /// The connection has ended for good, and with it the stream.
    #[error("the subscription has ended: {reason}")]
    Closed {
        /// Why.
        reason: String,
    },
}
