//! What a subscription is about: a model's node, one of its channels, or any node.

use super::{Decode, RawXml, SubscribeError, WhenAbsent};
use crate::name::NodeName;
use crate::node_config::NodeConfig;
use crate::position::Position;
use crate::publish::Publish;

/// What a subscription is about.
#[derive(Debug)]
pub(crate) struct Subject<T> {
    pub(crate) node: NodeName,
    /// With which the node is created where that is the way.
    pub(crate) config: NodeConfig,
    pub(crate) when_absent: WhenAbsent,
    pub(crate) decode: Decode<T>,
    /// Where to begin; now, if it is not said.
    pub(crate) from: Option<Position>,
}

impl<M: Publish> Subject<M> {
    /// The node of a model, or one of its channels.
    pub(crate) fn of_model(node: &NodeName, from: Option<&Position>) -> Self {
        Self {
            node: node.clone(),
            config: M::DESCRIPTOR.config,
            when_absent: WhenAbsent::Make,
            decode: M::decode_entry,
            from: from.cloned(),
        }
    }
}

impl Subject<RawXml> {
    /// Any node.
    pub(crate) fn raw(node: &NodeName, from: Option<&Position>) -> Self {
        Self {
            node: node.clone(),
            config: NodeConfig::new(),
            when_absent: WhenAbsent::Make,
            decode: RawXml::decode,
            from: from.cloned(),
        }
    }
}

impl<T> Subject<T> {
    /// The same of a node that is never made.
    pub(crate) fn waiting(self) -> Self {
        Self {
            when_absent: WhenAbsent::Wait,
            ..self
        }
    }
}

/// The node of a model.
pub(crate) fn node_of<M: Publish>() -> Result<NodeName, SubscribeError> {
    NodeName::new(M::NODE).map_err(|error| SubscribeError::Node {
        node: M::NODE.to_owned(),
        error,
    })
}
