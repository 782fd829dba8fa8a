//! The node of a model, as it is to be before anything of the model is published: on that node, or on a channel.
//!
//! Knows words for meta-data. Does not know models: whoever has one hands this in.

use std::sync::atomic::AtomicBool;

use crate::{NodeConfig, NodeName};

/// A node with its configuration and description, to be made by whoever publishes first.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) node: NodeName,
    pub(crate) config: NodeConfig,
    /// The namespace of the payloads, and what the node says of itself.
    pub(crate) description: Option<(&'static str, String)>,
    /// Whether this program has made the node: then it makes it again, should the service lose it.
    pub(crate) is_ours: AtomicBool,
    /// Whether something of the model was saved here.
    pub(crate) is_used: AtomicBool,
}
