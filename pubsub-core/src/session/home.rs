//! The node of a model, as it is to be before anything of the model is published: on that node, or on a channel.
//!
//! Knows words for meta-data. Does not know models: whoever has one hands this in.

use crate::{NodeConfig, NodeName};

/// A node with its configuration and description, to be made by whoever publishes first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) node: NodeName,
    pub(crate) config: NodeConfig,
    /// The namespace of the payloads, and what the node says of itself.
    pub(crate) description: Option<(&'static str, String)>,
}
