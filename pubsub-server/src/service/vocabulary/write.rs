//! The changes that a decision consists of: each is one fact about one node, as a store keeps it.

use std::sync::Arc;

use crate::service::access::Affiliation;
use crate::service::node::Item;
use crate::service::options::NodeConfig;
use crate::service::terms::Terms;

/// A change that is stored before it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// A node comes to be, owned by its creator.
    CreateNode {
        /// Its name.
        node: Arc<str>,
        /// Its configuration.
        config: Arc<NodeConfig>,
        /// Bare JID of its creator.
        creator: Arc<str>,
        /// Seconds since 1970.
        created: u64,
    },
    /// A node is configured anew.
    ConfigureNode {
        /// Its name.
        node: Arc<str>,
        /// Its configuration from now on.
        config: Arc<NodeConfig>,
    },
    /// A node goes, with all it holds.
    DeleteNode {
        /// Its name.
        node: Arc<str>,
    },
    /// An item becomes the newest of its node, in place of one with the same id.
    PutItem {
        /// The node's name.
        node: Arc<str>,
        /// The item.
        item: Arc<Item>,
        /// Whether a restart keeps it (`pubsub#persist_items`).
        is_durable: bool,
    },
    /// An item goes.
    RemoveItem {
        /// The node's name.
        node: Arc<str>,
        /// The item's id.
        item: Arc<str>,
    },
    /// All items of a node go.
    RemoveItems {
        /// The node's name.
        node: Arc<str>,
        /// Whether the node's items are kept over a restart; if not, there is nothing to remove there.
        is_durable: bool,
    },
    /// Somebody subscribes.
    Subscribe {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID, bare or full.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Whether a restart keeps it: an anonymous user never comes back.
        is_durable: bool,
    },
    /// Somebody is no longer subscribed.
    Unsubscribe {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID.
        jid: Arc<str>,
        /// Whether a restart would have kept the subscription.
        is_durable: bool,
    },
    /// Somebody subscribes, or asks to be, on terms of their own; what the subscription with that id had before is replaced.
    SubscribeOnTerms {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID, bare or full.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Its state and options.
        terms: Arc<Terms>,
    },
    /// Such a subscription ends.
    UnsubscribeOnTerms {
        /// The node's name.
        node: Arc<str>,
        /// The subscribed JID.
        jid: Arc<str>,
        /// The subscription's id.
        subscription: Arc<str>,
        /// Whether a restart would have kept it.
        is_durable: bool,
    },
    /// Somebody wishes to be subscribed to a node once it exists. The wish lasts as long as a session and no restart keeps it; the creation of
    /// the node ends it.
    Await {
        /// The node's name.
        node: Arc<str>,
        /// The JID to be subscribed, bare or full.
        jid: Arc<str>,
        /// The id of the subscription that it becomes.
        subscription: Arc<str>,
        /// The session with which it ends.
        session: u64,
        /// Whether a restart keeps what it becomes.
        is_durable: bool,
    },
    /// Somebody does not wish it any more.
    Unawait {
        /// The node's name.
        node: Arc<str>,
        /// The JID.
        jid: Arc<str>,
    },
    /// An account has another affiliation; [`Affiliation::None`] takes the old one away.
    Affiliate {
        /// The node's name.
        node: Arc<str>,
        /// The account's bare JID.
        jid: Arc<str>,
        /// What it is from now on.
        affiliation: Affiliation,
    },
}

impl Write {
    /// The name of the node it changes.
    #[must_use]
    pub fn node(&self) -> &Arc<str> {
        match self {
            Self::CreateNode { node, .. }
            | Self::ConfigureNode { node, .. }
            | Self::DeleteNode { node }
            | Self::PutItem { node, .. }
            | Self::RemoveItem { node, .. }
            | Self::RemoveItems { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscribeOnTerms { node, .. }
            | Self::UnsubscribeOnTerms { node, .. }
            | Self::Await { node, .. }
            | Self::Unawait { node, .. }
            | Self::Affiliate { node, .. } => node,
        }
    }

    /// Whether a restart must still know it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        match self {
            Self::PutItem { is_durable, .. }
            | Self::RemoveItems { is_durable, .. }
            | Self::Subscribe { is_durable, .. }
            | Self::Unsubscribe { is_durable, .. }
            | Self::UnsubscribeOnTerms { is_durable, .. } => *is_durable,
            Self::SubscribeOnTerms { terms, .. } => terms.is_durable(),
            Self::Await { .. } | Self::Unawait { .. } => false,
            _ => true,
        }
    }
}
