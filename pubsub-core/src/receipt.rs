//! What a save hands back: proof of what was accepted, and where.

use crate::name::{ItemId, NodeName};

/// The acknowledgement of one save, delete or publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    item: ItemId,
    nodes: Vec<NodeName>,
}

impl Receipt {
    pub(crate) fn new(item: ItemId, nodes: Vec<NodeName>) -> Self {
        Self { item, nodes }
    }

    /// The id of the item; that of a model without an id field was made by this save.
    #[must_use]
    pub fn item(&self) -> &ItemId {
        &self.item
    }

    /// The nodes that accepted the change: that of the model, then its channels. Empty when the model does not
    /// publish this action, or not this value.
    #[must_use]
    pub fn nodes(&self) -> &[NodeName] {
        &self.nodes
    }
}
