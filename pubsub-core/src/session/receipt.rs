//! What a publisher gets when the service has a change.

use crate::{ItemId, NodeName};

/// The service has the change, and tells the subscribers of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Where it went.
    pub node: NodeName,
    /// Which item it was.
    pub item: ItemId,
}
