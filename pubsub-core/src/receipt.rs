//! What a save hands back: proof of what was accepted, and where.

use crate::change::Action;
use crate::name::{ItemId, NodeName};
use crate::position::Position;

/// The acknowledgement of one save, delete or publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    item: ItemId,
    nodes: Vec<NodeName>,
    action: Option<Action>,
    position: Option<Position>,
}

impl Receipt {
    pub(crate) fn new(item: ItemId, nodes: Vec<NodeName>, action: Option<Action>) -> Self {
        Self {
            item,
            nodes,
            action,
            position: None,
        }
    }

    pub(crate) fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    /// The id of the item; that of a model without an id field was made by this save.
    #[must_use]
    pub fn item(&self) -> &ItemId {
        &self.item
    }

    /// The nodes that hear of the change: that of the model, then its channels. With a store they will hear of it, without one
    /// their service has it. Empty when the model does not publish this action, or not this value.
    #[must_use]
    pub fn nodes(&self) -> &[NodeName] {
        &self.nodes
    }

    /// What happened. Without a store a save does not always know whether it created or updated; a delete or touch that found no
    /// row did nothing.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.action
    }

    /// The place of this change in the node of the model, or in the node that was published to: who subscribes
    /// [from there](crate::PubSub::subscribe_from) hears everything after it. `None` without a store, and when that node is not told.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }
}
