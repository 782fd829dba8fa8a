//! `PubSub`, the handle that programs hold: its life, its subscriptions and the items that it reads.
//!
//! Starting one is in `builder`, saving with one in `saving`, reading rows in `reading`. Does not know stanzas or sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::ambient::{self, AlreadyInstalled};
use crate::builder::Builder;
use crate::change::Stamp;
use crate::depot::Depot;
use crate::embedded::{Embedded, Sole};
use crate::error::Error;
use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::position::Position;
use crate::publish::Publish;
use crate::registry::{Descriptor, Registry};
use crate::session::{PubSubError, Session};
use crate::set_up::Keeper;
use crate::store::Store;
use crate::subscriber::{
    Decode, Follower, Items, Missed, RawXml, Subject, SubscribeError, Subscription, last, node_of,
};

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
    depot: Option<Depot>,
    /// Tells our changes from those of others.
    origin: Arc<str>,
    /// The number of the last change that was sent without a store.
    sequence: AtomicU64,
    buffer: usize,
    drain: Duration,
    /// Sees to the nodes for as long as there is a handle.
    _keeper: Option<Keeper>,
    embedded: Mutex<Option<(Embedded, Option<Sole>)>>,
    url: Option<String>,
}

/// What the builder hands over.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) outlet: Outlet,
    pub(crate) registry: Registry,
    pub(crate) depot: Option<Depot>,
    pub(crate) origin: Arc<str>,
    pub(crate) buffer: usize,
    pub(crate) drain: Duration,
    pub(crate) keeper: Option<Keeper>,
    /// The server inside the process, with the right to run it.
    pub(crate) embedded: Option<(Embedded, Option<Sole>)>,
}

impl PubSub {
    /// Starts as the environment says, and installs the handle for the process.
    ///
    /// `PUBSUB_URL` names the server and the account (see [`SessionConfig`](crate::session::SessionConfig) for its
    /// form). Without it a server is started inside the process (feature `embedded`). `PUBSUB_STORE` names the store (see
    /// [`StoreUrl`](crate::store::StoreUrl)): without it the file `pubsub.db` in the working directory, with `off` none.
    ///
    /// # Errors
    ///
    /// [`Error`], whose [`kind`](Error::kind) says whether to change a setting, the code or the credentials, or to
    /// try again.
    pub async fn from_env() -> Result<Self, Error> {
        if ambient::current().is_ok() {
            return Err(AlreadyInstalled.into());
        }
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
            depot,
            origin,
            buffer,
            drain,
            keeper,
            embedded,
        } = parts;
        let url = embedded
            .as_ref()
            .map(|(embedded, _)| embedded.url().to_owned());
        let sequence = AtomicU64::new(0);
        let embedded = Mutex::new(embedded);
        Self {
            shared: Arc::new(Shared {
                outlet,
                registry,
                depot,
                origin,
                sequence,
                buffer,
                drain,
                _keeper: keeper,
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
            Outlet::Session(session, ..) => Some(session),
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

    /// The store, for those who administrate its outbox; `None` without one.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.depot().map(Depot::store)
    }

    /// The models of this program whose nodes this handle has set up, sorted by node; none [without models](Builder::without_models).
    pub fn models(&self) -> impl Iterator<Item = &'static Descriptor> {
        self.shared.registry.models()
    }

    /// Subscribes to a model: everything that is saved and deleted from now on, by whomever. What was saved before and is only delivered now is
    /// told where this handle does not have the store that it was saved in.
    ///
    /// To show what is there and then what happens, read a page or the items and go on from their position:
    /// [`subscribe_from`](Self::subscribe_from).
    ///
    /// A node that is missing is awaited, here and wherever else one subscribes: who publishes first makes it and owns it, and everything is told from
    /// its first item on. That is where the service announces `urn:pubsub:await:1`, as ours does. At others, such as Prosody and ejabberd, a missing node
    /// is created and belongs to the account that subscribes; what another account publishes there is refused then, and parked: let the publisher's
    /// program start first, give its account the right to publish, or use [`await_node`](Self::await_node), which never creates.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn subscribe<M: Publish + 'static>(&self) -> Result<Subscription<M>, SubscribeError> {
        self.follow(Subject::of_model(&node_of::<M>()?, None)).await
    }

    /// Subscribes to a model from a [`Position`] on: first what has happened since, then what happens. Nothing in between is lost or
    /// told twice.
    ///
    /// With a store that keeps the changes of this model, and still has those, every one of them is told, deletes included. Otherwise the
    /// current state of the items that changed is read from the node, and [`SubscribeError::Gap`] comes first when that may not be all.
    ///
    /// ```
    /// # use pubsub_core::{PubSub, Publish};
    /// # #[derive(Publish)]
    /// # struct Tweet { #[publish(id)] id: i64 }
    /// # async fn page(pubsub: &PubSub) -> Result<(), Box<dyn std::error::Error>> {
    /// let page = pubsub.list::<Tweet>().limit(20).fetch().await?;
    /// // Shown to somebody, who comes back with the position as text.
    /// let position = page.position.to_string();
    /// let tweets = pubsub.subscribe_from::<Tweet>(&position.parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us, [`SubscribeError::Position`] for a position of another node.
    pub async fn subscribe_from<M: Publish + 'static>(
        &self,
        position: &Position,
    ) -> Result<Subscription<M>, SubscribeError> {
        self.follow(Subject::of_model(&node_of::<M>()?, Some(position)))
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
        self.follow(Subject::of_model(channel, None)).await
    }

    /// Subscribes to one of the channels of a model from a position on, which must be of that channel: of its
    /// [`items_of`](Self::items_of).
    ///
    /// # Errors
    ///
    /// See [`subscribe_from`](Self::subscribe_from).
    pub async fn subscribe_channel_from<M: Publish + 'static>(
        &self,
        channel: &NodeName,
        position: &Position,
    ) -> Result<Subscription<M>, SubscribeError> {
        self.follow(Subject::of_model(channel, Some(position)))
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
        self.follow(Subject::raw(node, None)).await
    }

    /// Subscribes to any node without ever creating it, with the payloads as XML: one that is missing need not be there yet. Once it is, everything that it
    /// holds is told, and what happens from then on.
    ///
    /// Where the service announces `urn:pubsub:await:1`, as ours does, it tells when the node is made, and nothing is missed. Others are asked from time to
    /// time, after 200 ms and then after pauses that double up to 3 s, but all subscriptions of the handle together no more than a hundred times a second;
    /// what was published and removed between two questions is not told.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us. That it does not once the node is there is told by the subscription.
    pub async fn await_node(
        &self,
        node: &NodeName,
    ) -> Result<Subscription<RawXml>, SubscribeError> {
        self.follow(Subject::raw(node, None).waiting()).await
    }

    /// Subscribes to any node from a position on; see [`subscribe_from`](Self::subscribe_from).
    ///
    /// # Errors
    ///
    /// See [`subscribe_from`](Self::subscribe_from).
    pub async fn subscribe_node_from(
        &self,
        node: &NodeName,
        position: &Position,
    ) -> Result<Subscription<RawXml>, SubscribeError> {
        self.follow(Subject::raw(node, Some(position))).await
    }

    /// Where a node is now: for who begins to listen later, and does not want what was before.
    ///
    /// Read from the store, if that has numbered changes of the node, and else from its items.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us read it.
    pub async fn position_of(&self, node: &NodeName) -> Result<Position, SubscribeError> {
        if let Some((log, last)) = last(self.store().map(Arc::as_ref), node).await {
            return Ok(Position::numbered(node, &log, last));
        }
        match self.items_of(node).await {
            Ok(items) => Ok(items.position().clone()),
            Err(SubscribeError::Refused(PubSubError::NotFound { .. })) => {
                Ok(Position::beginning(node))
            }
            Err(error) => Err(error),
        }
    }

    /// What happened to any node since a position, at most `most` events: for those who come back from time to time and do not stay.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Position`] for a position of another node.
    pub async fn missed(
        &self,
        node: &NodeName,
        position: &Position,
        most: usize,
    ) -> Result<Missed<RawXml>, SubscribeError> {
        let (outlet, store) = (self.outlet().clone(), self.store().cloned());
        Missed::read(outlet, store, Subject::raw(node, Some(position)), most).await
    }

    /// The items that the node of a model keeps at the service, oldest first, and the position at which they were read.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us; [`SubscribeError::Decode`] when one of them is
    /// no such model.
    pub async fn items<M: Publish>(&self) -> Result<Items<M>, SubscribeError> {
        let node = node_of::<M>()?;
        match self.read(&node, M::decode_entry).await {
            // Nothing of the model was published yet.
            Err(SubscribeError::Refused(PubSubError::NotFound { .. }))
                if self.registry().model(M::NODE).is_some() =>
            {
                Ok(Items::none(&node))
            }
            items => items,
        }
    }

    /// The items that any node keeps, oldest first, with the payloads as XML, and the position at which they were read.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Refused`] when the service does not let us.
    pub async fn items_of(&self, node: &NodeName) -> Result<Items<RawXml>, SubscribeError> {
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

    /// Waits until the service has everything that was saved before, but not longer than `limit`. Whether it has; what it refused for
    /// good is left out. Without a store there is nothing to wait for: each save has waited for itself.
    ///
    /// # Cancel safety
    ///
    /// Delivery goes on when the future is dropped.
    pub async fn flush(&self, limit: Duration) -> bool {
        match self.depot() {
            Some(depot) => depot.relay().drain(limit).await,
            None => true,
        }
    }

    /// Waits until everything under way is acknowledged, or the [drain deadline](Builder::drain) has passed, and
    /// closes the connection; then closes the store and stops the embedded server. Further use of the handle, or of a clone, fails.
    ///
    /// With a store, what could not be delivered in time is delivered after the next start. While the service is away that is not waited for.
    ///
    /// # Errors
    ///
    /// None yet; what could not be sent in time has told its own caller, or is in the outbox.
    pub async fn shutdown(&self) -> Result<(), Error> {
        ambient::uninstall(self);
        let Shared {
            outlet,
            depot,
            drain,
            ..
        } = &*self.shared;
        let end = Instant::now() + *drain;
        if let Some(depot) = depot {
            if outlet.is_online() {
                depot.relay().drain(*drain).await;
            }
            depot.relay().stop(left(end)).await;
        }
        outlet.shutdown(left(end)).await;
        if let Some(depot) = depot {
            depot.store().close().await;
        }
        if let Some((embedded, sole)) = self.shared.embedded.lock().await.take() {
            embedded.shutdown().await;
            drop(sole);
        }
        Ok(())
    }

    pub(crate) fn outlet(&self) -> &Outlet {
        &self.shared.outlet
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn depot(&self) -> Option<&Depot> {
        self.shared.depot.as_ref()
    }

    pub(crate) fn shared_origin(&self) -> &Arc<str> {
        &self.shared.origin
    }

    /// The mark of the next change that is sent without a store.
    pub(crate) fn stamp(&self) -> Stamp {
        let sequence = self.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        Stamp {
            sequence: Some(sequence),
            log: None,
            action: None,
            origin: Some(self.current_origin()),
        }
    }

    async fn follow<T: Send + 'static>(
        &self,
        subject: Subject<T>,
    ) -> Result<Subscription<T>, SubscribeError> {
        let buffer = self.shared.buffer;
        let (outlet, store) = (self.outlet().clone(), self.store().cloned());
        let follower = Follower::subscribe(outlet, store, subject, buffer).await?;
        let own = Arc::clone(&self.shared.origin);
        Ok(Subscription::start(follower, own, buffer))
    }

    async fn read<T>(
        &self,
        node: &NodeName,
        decode: Decode<T>,
    ) -> Result<Items<T>, SubscribeError> {
        let held = self.shared.outlet.items(node).await?;
        Items::decode(node, held, decode)
    }
}

/// What is left until then.
fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}
