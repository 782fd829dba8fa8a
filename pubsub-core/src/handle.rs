//! `PubSub`, the handle that programs hold: its life, its subscriptions and what it reads.
//!
//! Starting one is in `builder`, saving with one in `saving`. Does not know stanzas or sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::ambient::{self, AlreadyInstalled};
use crate::builder::Builder;
use crate::change::Stamp;
use crate::embedded::Embedded;
use crate::error::Error;
use crate::name::NodeName;
use crate::node_config::NodeConfig;
use crate::outlet::Outlet;
use crate::publish::Publish;
use crate::registry::Registry;
use crate::session::{Item as RawItem, PubSubError, Session};
use crate::subscriber::{Decode, Follower, Item, RawXml, SubscribeError, Subscription};

/// A connection to a PubSub service, with the models of this program. Cheap to clone; every clone is the same one.
///
/// [`from_env`](Self::from_env) is the way to start one and makes it the handle of the process, which
/// [`save()`](Publish::save) uses. [`builder`](Self::builder) starts others, to be passed to
/// [`save_with()`](Publish::save_with).
#[derive(Debug, Clone)]
pub struct PubSub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    outlet: Outlet,
    registry: Registry,
    /// Tells our changes from those of others.
    origin: Arc<str>,
    /// The number of the last change.
    sequence: AtomicU64,
    buffer: usize,
    drain: Duration,
    embedded: Mutex<Option<Embedded>>,
    url: Option<String>,
}

/// What the builder hands over.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) outlet: Outlet,
    pub(crate) registry: Registry,
    pub(crate) origin: Arc<str>,
    pub(crate) buffer: usize,
    pub(crate) drain: Duration,
    pub(crate) embedded: Option<Embedded>,
}

impl PubSub {
    /// Starts as the environment says, and installs the handle for the process.
    ///
    /// `PUBSUB_URL` names the server and the account (see [`SessionConfig`](crate::session::SessionConfig) for its
    /// form). Without it a server is started inside the process (feature `embedded`).
    ///
    /// # Errors
    ///
    /// [`Error`], whose [`kind`](Error::kind) says whether to change a setting, the code or the credentials, or to
    /// try again.
    pub async fn from_env() -> Result<Self, Error> {
        let pubsub = Builder::from_env()?.connect().await?;
        match pubsub.install() {
            Ok(()) => Ok(pubsub),
            Err(error) => {
                pubsub.shutdown().await?;
                Err(error.into())
            }
        }
    }

    /// Starts one piece by piece.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            outlet,
            registry,
            origin,
            buffer,
            drain,
            embedded,
        } = parts;
        let url = embedded.as_ref().map(|embedded| embedded.url().to_owned());
        let sequence = AtomicU64::new(0);
        let embedded = Mutex::new(embedded);
        Self {
            shared: Arc::new(Shared {
                outlet,
                registry,
                origin,
                sequence,
                buffer,
                drain,
                embedded,
                url,
            }),
        }
    }

    /// Makes this the handle that [`save()`](Publish::save) uses.
    ///
    /// # Errors
    ///
    /// [`AlreadyInstalled`] while another one is.
    pub fn install(&self) -> Result<(), AlreadyInstalled> {
        ambient::install(self)
    }

    /// Whether both are the same handle.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The session below, for requests that this handle has no method for; `None` in a test with a recorder.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        match &self.shared.outlet {
            Outlet::Session(session, _) => Some(session),
            Outlet::Hub(_) => None,
        }
    }

    /// The URL of the embedded server, with which other programs of this machine can connect to it.
    #[must_use]
    pub fn embedded_url(&self) -> Option<&str> {
        self.shared.url.as_deref()
    }

    /// What our changes carry as their origin, to tell them from those of others.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// Subscribes to a model: everything that is saved and deleted from now on, by whomever.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe<M: Publish + 'static>(&self) -> Result<Subscription<M>, SubscribeError> {
        self.follow(&node_of::<M>()?, M::DESCRIPTOR.config, M::decode_entry)
            .await
    }

    /// Subscribes to one of the channels of a model, such as `user-ann`.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe_channel<M: Publish + 'static>(
        &self,
        channel: &NodeName,
    ) -> Result<Subscription<M>, SubscribeError> {
        self.follow(channel, M::DESCRIPTOR.config, M::decode_entry)
            .await
    }

    /// Subscribes to any node, with the payloads as XML.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe_node(
        &self,
        node: &NodeName,
    ) -> Result<Subscription<RawXml>, SubscribeError> {
        self.follow(node, NodeConfig::new(), RawXml::decode).await
    }

    /// The items that the node of a model keeps, oldest first.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us; [`SubscribeError::Decode`] when one of them is
    /// no such model.
    pub async fn items<M: Publish>(&self) -> Result<Vec<Item<M>>, SubscribeError> {
        self.read(&node_of::<M>()?, M::decode_entry).await
    }

    /// The items that any node keeps, oldest first, with the payloads as XML.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn items_of(&self, node: &NodeName) -> Result<Vec<Item<RawXml>>, SubscribeError> {
        self.read(node, RawXml::decode).await
    }

    /// The nodes that the service shows us.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn nodes(&self) -> Result<Vec<NodeName>, PubSubError> {
        self.shared.outlet.nodes().await
    }

    /// Waits until everything under way is acknowledged, or the [drain deadline](Builder::drain) has passed, and
    /// closes the connection; then stops the embedded server. Further use of the handle, or of a clone, fails.
    ///
    /// # Errors
    ///
    /// None yet; what could not be sent in time has told its own caller.
    pub async fn shutdown(&self) -> Result<(), Error> {
        ambient::uninstall(self);
        self.shared.outlet.shutdown(self.shared.drain).await;
        if let Some(embedded) = self.shared.embedded.lock().await.take() {
            embedded.shutdown().await;
        }
        Ok(())
    }

    pub(crate) fn outlet(&self) -> &Outlet {
        &self.shared.outlet
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// The mark of the next change.
    pub(crate) fn stamp(&self) -> Stamp {
        let sequence = self.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        Stamp {
            sequence: Some(sequence),
            log: None,
            action: None,
            origin: Some(Arc::clone(&self.shared.origin)),
        }
    }

    async fn follow<T: Send + 'static>(
        &self,
        node: &NodeName,
        config: NodeConfig,
        decode: Decode<T>,
    ) -> Result<Subscription<T>, SubscribeError> {
        let Shared { outlet, buffer, .. } = &*self.shared;
        let follower =
            Follower::subscribe(outlet.clone(), node.clone(), config, decode, *buffer).await?;
        Ok(Subscription::start(follower, *buffer))
    }

    async fn read<T>(
        &self,
        node: &NodeName,
        decode: Decode<T>,
    ) -> Result<Vec<Item<T>>, SubscribeError> {
        let items = self.shared.outlet.items(node).await?;
        let decoded = items
            .into_iter()
            .map(|item| decode_item(node, item, decode));
        decoded.collect()
    }
}

fn node_of<M: Publish>() -> Result<NodeName, SubscribeError> {
    NodeName::new(M::NODE).map_err(|error| SubscribeError::Node {
        node: M::NODE.to_owned(),
        error,
    })
}

fn decode_item<T>(
    node: &NodeName,
    item: RawItem,
    decode: Decode<T>,
) -> Result<Item<T>, SubscribeError> {
    match decode(item.payload.as_deref().unwrap_or_default()) {
        Ok((value, change)) => {
            let publisher = item
                .publisher
                .as_deref()
                .and_then(|publisher| publisher.parse().ok());
            Ok(Item {
                node: node.clone(),
                id: item.id,
                item: value,
                publisher,
                change,
            })
        }
        Err(source) => Err(SubscribeError::Decode {
            node: node.clone(),
            id: item.id,
            source,
        }),
    }
}
