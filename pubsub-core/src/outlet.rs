//! Where changes go and events come from: a session, or a recorder in a test.
//!
//! The one place that knows both. What is above it saves and subscribes the same way with either.

use std::time::Duration;

use futures_util::future::Either;

use crate::change::Change;
use crate::name::{ItemId, NodeName};
use crate::node_config::NodeConfig;
use crate::session::{Filter, Listener, PubSubError, RawItem, Session, Status};
use crate::testing::Hub;

/// A way out, and back. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Outlet {
    /// To a service.
    Session(Session),
    /// To nobody else.
    Hub(Hub),
}

impl Outlet {
    /// Sends a change; changes of one node keep the order in which this is called, before anything is awaited.
    pub(crate) fn send(
        &self,
        change: Change,
        config: NodeConfig,
    ) -> impl Future<Output = Result<(), PubSubError>> + Send + use<> {
        let answer = match self {
            Self::Session(session) => Either::Left(session.publish_to(change, config)),
            Self::Hub(hub) => Either::Right(hub.accept(change)),
        };
        async {
            match answer {
                Either::Left(publishing) => publishing.await.map(drop),
                Either::Right(accepted) => accepted,
            }
        }
    }

    /// Makes sure that the node exists, and is configured so.
    pub(crate) async fn ensure(&self, node: &NodeName, config: &NodeConfig) -> Result<(), PubSubError> {
        match self {
            Self::Session(session) => session.ensure(node, config).await,
            Self::Hub(_) => Ok(()),
        }
    }

    pub(crate) async fn subscribe(&self, node: &NodeName) -> Result<(), PubSubError> {
        match self {
            Self::Session(session) => session.subscribe(node).await.map(drop),
            Self::Hub(_) => Ok(()),
        }
    }

    pub(crate) fn listen(&self, node: &NodeName, capacity: usize) -> Listener {
        let filter = Filter::Nodes(vec![node.clone()]);
        match self {
            Self::Session(session) => session.listen(filter, capacity),
            Self::Hub(hub) => hub.listen(filter, capacity),
        }
    }

    /// The items that were published last, oldest first; all of them when the node has no more than `most`.
    pub(crate) async fn recent(&self, node: &NodeName, most: u32) -> Result<Vec<RawItem>, PubSubError> {
        match self {
            Self::Session(session) => session.recent_items(node, most).await,
            Self::Hub(hub) => Ok(hub.recent(node, most)),
        }
    }

    /// All items, oldest first.
    pub(crate) async fn items(&self, node: &NodeName) -> Result<Vec<RawItem>, PubSubError> {
        match self {
            Self::Session(session) => session.items(node).await,
            Self::Hub(hub) => Ok(hub.recent(node, u32::MAX)),
        }
    }

    pub(crate) async fn item(&self, node: &NodeName, id: &ItemId) -> Result<Option<RawItem>, PubSubError> {
        match self {
            Self::Session(session) => session.item(node, id).await,
            Self::Hub(hub) => Ok(hub.item(node, id)),
        }
    }

    pub(crate) async fn nodes(&self) -> Result<Vec<NodeName>, PubSubError> {
        match self {
            Self::Session(session) => session.nodes().await,
            Self::Hub(hub) => Ok(hub.nodes()),
        }
    }

    /// Why the outlet is closed, when nobody asked it to be.
    pub(crate) fn failure(&self) -> Option<String> {
        match self {
            Self::Session(session) => match &*session.status().borrow() {
                Status::Closed { reason } => reason.as_ref().map(ToString::to_string),
                _ => None,
            },
            Self::Hub(_) => None,
        }
    }

    /// Waits for what is under way, but not longer than `limit`, then closes.
    pub(crate) async fn shutdown(&self, limit: Duration) {
        match self {
            Self::Session(session) => session.shutdown(limit).await,
            Self::Hub(hub) => hub.close(),
        }
    }
}
