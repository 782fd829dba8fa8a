//! `PubSub`, the handle that programs hold: saves become changes here, and changes go to the outlet.
//!
//! Runs hooks, numbers changes, decides what a save tells. Does not know stanzas, sockets or how a payload is
//! written. Starting one is in `builder`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::sync::Mutex;

use crate::ambient::{self, AlreadyInstalled};
use crate::builder::Builder;
use crate::change::{Action, Change, ChangeKind, Stamp};
use crate::content::Content;
use crate::embedded::Embedded;
use crate::error::{Error, SaveError};
use crate::hooks::Stage;
use crate::name::{ItemId, NodeName};
use crate::node_config::NodeConfig;
use crate::outlet::Outlet;
use crate::payload::{EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::receipt::Receipt;
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

/// How many values of one [`PubSub::save_all`] are on their way at once.
const AT_ONCE: usize = 1024;

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
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { outlet, registry, origin, buffer, drain, embedded } = parts;
        let url = embedded.as_ref().map(|embedded| embedded.url().to_owned());
        let sequence = AtomicU64::new(0);
        let embedded = Mutex::new(embedded);
        Self {
            shared: Arc::new(Shared { outlet, registry, origin, sequence, buffer, drain, embedded, url }),
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

    /// Publishes a value: to the node of its model, and to its channels. Returns when the service has it.
    ///
    /// The same as [`Publish::save_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn save<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let (planned, action) = self.plan_save(model).await?;
        self.carry_out(planned, model, action).await
    }

    /// Publishes several values, pipelined and in their order.
    ///
    /// The same as [`Publish::save_all`]. When one of them cannot be written, or a hook does not want it, nothing is sent.
    ///
    /// # Errors
    ///
    /// The first that went wrong; the others were sent nevertheless.
    pub async fn save_all<M: Publish>(&self, models: &[M]) -> Result<Vec<Receipt>, SaveError> {
        let mut planned = Vec::with_capacity(models.len());
        for model in models {
            planned.push((self.plan_save(model).await?, model));
        }
        let mut under_way = FuturesOrdered::new();
        let mut settled = Vec::with_capacity(models.len());
        for ((planned, action), model) in planned {
            if under_way.len() == AT_ONCE {
                settled.extend(under_way.next().await);
            }
            under_way.push_back(self.carry_out(planned, model, action));
        }
        settled.extend(under_way.collect::<Vec<_>>().await);
        settled.into_iter().collect()
    }

    /// Retracts a value from the node of its model and from its channels.
    ///
    /// The same as [`Publish::delete_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let Some(item) = model.item_id()? else {
            return Err(SaveError::NoId { model: M::DESCRIPTOR.type_name });
        };
        self.run_hooks(Stage::AfterSave, model, Action::Delete)?;
        let changes = model.changes(Some(Action::Delete), &item, &self.stamp())?;
        self.carry_out(Planned { item, changes }, model, Action::Delete).await
    }

    /// Publishes anything to any node, as an item with a new id. The node is created where it is missing.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish(&self, node: &NodeName, content: impl Content) -> Result<Receipt, SaveError> {
        self.publish_as(node, &ItemId::unique(), content).await
    }

    /// Publishes anything to any node under a given id; an item with that id is replaced.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_as(
        &self,
        node: &NodeName,
        item: &ItemId,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        let mut payload = String::new();
        content.write(&self.stamp(), &mut payload)?;
        let kind = ChangeKind::Put { payload: payload.into() };
        self.change(node, item, kind).await
    }

    /// Retracts an item from a node.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn retract(&self, node: &NodeName, item: &ItemId) -> Result<Receipt, SaveError> {
        self.change(node, item, ChangeKind::Retract { payload: None, notify: true }).await
    }

    /// Subscribes to a model: everything that is saved and deleted from now on, by whomever.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe<M: Publish + 'static>(&self) -> Result<Subscription<M>, SubscribeError> {
        self.follow(&node_of::<M>()?, M::DESCRIPTOR.config, M::decode_entry).await
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
        self.follow(channel, M::DESCRIPTOR.config, M::decode_entry).await
    }

    /// Subscribes to any node, with the payloads as XML.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe_node(&self, node: &NodeName) -> Result<Subscription<RawXml>, SubscribeError> {
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

    /// What a save will tell, with the hooks already run.
    async fn plan_save<M: Publish>(&self, model: &M) -> Result<(Planned, Action), SaveError> {
        let (item, action) = match model.item_id()? {
            None => (ItemId::unique(), Some(Action::Create)),
            Some(item) => {
                let action = self.action::<M>(&item).await?;
                (item, action)
            }
        };
        let told = action.unwrap_or(Action::Update);
        self.run_hooks(Stage::AfterSave, model, told)?;
        let changes = model.changes(action, &item, &self.stamp())?;
        Ok((Planned { item, changes }, told))
    }

    /// Whether a save creates or updates. The service is asked only when the model makes a difference.
    async fn action<M: Publish>(&self, item: &ItemId) -> Result<Option<Action>, SaveError> {
        let actions = M::DESCRIPTOR.actions;
        if actions.create == actions.update {
            return Ok(None);
        }
        let name = |error| EncodeError::new("NODE", EncodeErrorKind::Name(error));
        let node = NodeName::new(M::NODE).map_err(name)?;
        match self.shared.outlet.item(&node, item).await {
            Ok(Some(_)) => Ok(Some(Action::Update)),
            Ok(None) | Err(PubSubError::NotFound { .. }) => Ok(Some(Action::Create)),
            Err(error) => Err(error.into()),
        }
    }

    fn run_hooks<M: Publish>(&self, stage: Stage, model: &M, action: Action) -> Result<(), SaveError> {
        let Some(value) = model.as_any() else { return Ok(()) };
        Ok(self.shared.registry.run_hooks(stage, value, action)?)
    }

    /// Sends what was planned. The changes are on their way when this returns, not only when the future is polled.
    fn carry_out<'a, M: Publish>(
        &'a self,
        planned: Planned,
        model: &'a M,
        action: Action,
    ) -> impl Future<Output = Result<Receipt, SaveError>> + Send + 'a {
        let Planned { item, changes } = planned;
        let nodes: Vec<NodeName> = changes.iter().map(|change| change.node.clone()).collect();
        let answers: Vec<_> =
            changes.into_iter().map(|change| self.shared.outlet.send(change, M::DESCRIPTOR.config)).collect();
        async move {
            try_join_all(answers).await?;
            if let Err(error) = self.run_hooks(Stage::AfterCommit, model, action)
            {
                // It is published; nobody can take that back.
                tracing::error!(%error, "a hook failed after the change was published");
            }
            Ok(Receipt::new(item, nodes))
        }
    }

    async fn change(&self, node: &NodeName, item: &ItemId, kind: ChangeKind) -> Result<Receipt, SaveError> {
        let config = self.shared.registry.model(node.as_str()).map_or(NodeConfig::new(), |model| model.config);
        let change = Change { node: node.clone(), item: item.clone(), kind };
        self.shared.outlet.send(change, config).await?;
        Ok(Receipt::new(item.clone(), vec![node.clone()]))
    }

    /// The mark of the next change.
    fn stamp(&self) -> Stamp {
        let sequence = self.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        Stamp { sequence: Some(sequence), action: None, origin: Some(Arc::clone(&self.shared.origin)) }
    }

    async fn follow<T: Send + 'static>(
        &self,
        node: &NodeName,
        config: NodeConfig,
        decode: Decode<T>,
    ) -> Result<Subscription<T>, SubscribeError> {
        let Shared { outlet, buffer, .. } = &*self.shared;
        let follower = Follower::subscribe(outlet.clone(), node.clone(), config, decode, *buffer).await?;
        Ok(Subscription::start(follower, *buffer))
    }

    async fn read<T>(&self, node: &NodeName, decode: Decode<T>) -> Result<Vec<Item<T>>, SubscribeError> {
        let items = self.shared.outlet.items(node).await?;
        let decoded = items.into_iter().map(|item| decode_item(node, item, decode));
        decoded.collect()
    }
}

/// What one save or delete tells.
#[derive(Debug)]
struct Planned {
    item: ItemId,
    changes: Vec<Change>,
}

fn node_of<M: Publish>() -> Result<NodeName, SubscribeError> {
    NodeName::new(M::NODE).map_err(|error| SubscribeError::Node { node: M::NODE.to_owned(), error })
}

fn decode_item<T>(node: &NodeName, item: RawItem, decode: Decode<T>) -> Result<Item<T>, SubscribeError> {
    match decode(item.payload.as_deref().unwrap_or_default()) {
        Ok((value, change)) => {
            let publisher = item.publisher.as_deref().and_then(|publisher| publisher.parse().ok());
            Ok(Item { node: node.clone(), id: item.id, item: value, publisher, change })
        }
        Err(source) => Err(SubscribeError::Decode { node: node.clone(), id: item.id, source }),
    }
}
