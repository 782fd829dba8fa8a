//! Starting a `PubSub`: where to connect, and what to do before the first save.
//!
//! The environment is read here and nowhere else in the crate.

use std::sync::Arc;
use std::time::Duration;

use crate::ambient::AlreadyInstalled;
use crate::depot::Depot;
use crate::embedded::{Embedded, Sole};
use crate::error::{Error, ErrorKind};
use crate::handle::{Parts, PubSub};
use crate::name::ItemId;
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::relay::Relay;
use crate::session::{ConfigError, ConnectError, Session, SessionConfig, Status};
use crate::set_up::{Keeper, Missing, set_up};
use crate::store::{self, Store, StoreError, StoreErrorKind, StoreUrl};

/// The variable that names the server.
const URL: &str = "PUBSUB_URL";
/// The variable that names the store.
const STORE: &str = "PUBSUB_STORE";
/// The store of a program that says nothing about it.
#[cfg(feature = "sqlite")]
const DEFAULT_STORE: &str = "sqlite:pubsub.db";
/// Without the database that would be it, none.
#[cfg(not(feature = "sqlite"))]
const DEFAULT_STORE: &str = "off";

/// Settings of a [`PubSub`] that is about to start.
#[derive(Debug, Clone)]
#[must_use = "nothing happens until `connect` is called"]
pub struct Builder {
    session: Option<SessionConfig>,
    store: Option<Kept>,
    origin: Option<Arc<str>>,
    with_models: bool,
    missing: Missing,
    buffer: usize,
    drain: Duration,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            session: None,
            store: None,
            origin: None,
            with_models: true,
            missing: Missing::Left,
            buffer: 1024,
            drain: Duration::from_secs(10),
        }
    }

    pub(crate) fn from_env() -> Result<Self, Error> {
        let builder = match variable(STORE)? {
            Some(url) => Self::new().store(&url),
            None => Self::new().store(DEFAULT_STORE),
        };
        let builder = builder.map_err(|error| unusable(STORE, error))?;
        match variable(URL)? {
            Some(url) => builder.url(&url).map_err(|error| unusable(URL, error)),
            None => Ok(builder),
        }
    }

    /// Connects to this server, with this account: `xmpp://user:password@domain`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] says what to write instead.
    pub fn url(self, url: &str) -> Result<Self, ConfigError> {
        Ok(self.session(url.parse()?))
    }

    /// Connects with these settings.
    pub fn session(mut self, config: SessionConfig) -> Self {
        self.session = Some(config);
        self
    }

    /// Keeps what is saved in this store, with an outbox of what is still to be told: `sqlite:pubsub.db`, or the URL of a PostgreSQL
    /// database; see [`StoreUrl`]. `off` is the same as [`without_store`](Self::without_store).
    ///
    /// # Errors
    ///
    /// [`StoreError`] says what to write instead. That the store can be opened is only seen when connecting.
    pub fn store(mut self, url: &str) -> Result<Self, StoreError> {
        let url: StoreUrl = url.parse()?;
        self.store = Some(Kept::At(url)).filter(|kept| !kept.is_off());
        Ok(self)
    }

    /// Keeps what is saved in a store that is open already, whoever made it.
    pub fn opened_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(Kept::Open(store));
        self
    }

    /// Keeps nothing, the default of a builder: a save returns when the service has it, and fails when the service is away.
    pub fn without_store(mut self) -> Self {
        self.store = None;
        self
    }

    /// What our changes carry as their origin. Default: a new name for each handle.
    pub fn origin(mut self, origin: impl Into<Arc<str>>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Leaves the models of the program alone: their nodes are not set up at the start, and two models with one node
    /// are no error. For programs that only read, or that relay for others.
    pub fn without_models(mut self) -> Self {
        self.with_models = false;
        self
    }

    /// Makes the nodes of the program's models at the start, wherever they are missing, for programs that publish and want others to see the nodes before
    /// anything is saved. Otherwise a service at which nodes can be awaited (`urn:pubsub:await:1`) is left alone until something of the model is saved:
    /// whoever makes a node owns it, and the program may only listen. At other services nodes are made at the start in any case.
    pub fn make_nodes(mut self) -> Self {
        self.missing = Missing::Made;
        self
    }

    /// How many events a subscription holds for its reader. Default 1024; see [`Subscription`](crate::Subscription).
    pub fn buffer(mut self, events: usize) -> Self {
        self.buffer = events.max(1);
        self
    }

    /// How long [`PubSub::shutdown`] waits for what is under way. Default 10 seconds.
    pub fn drain(mut self, limit: Duration) -> Self {
        self.drain = limit;
        self
    }

    /// Connects, and sets up the nodes of all models of the program: configures those whose models ask for it, and creates those that are missing where
    /// that is not left to the first save ([`make_nodes`](Self::make_nodes)). Without a URL the server is started inside the process.
    ///
    /// With a store it opens that first, and goes on when the server is away: saves are durable, and are delivered when it is back. A login that
    /// is refused at this first attempt is an error; one that is refused later is tried again, with a warning each time, at most once in about a
    /// minute in the long run.
    ///
    /// # Errors
    ///
    /// See [`Error::kind`]. A node that belongs to somebody else is no error until it is published to.
    pub async fn connect(mut self) -> Result<PubSub, Error> {
        let registry = if self.with_models {
            Registry::load().map_err(|error| Error::new(ErrorKind::Models, error))?
        } else {
            Registry::empty()
        };
        if let Some(Kept::At(url)) = &mut self.store {
            *url = store::resolve(url).await?;
        }
        // Two servers for one file are refused before either is asked for anything.
        let sole = match (&self.session, &self.store) {
            (None, Some(Kept::At(url))) => url.path().map(Sole::of).transpose()?,
            _ => None,
        };
        let store = match &self.store {
            Some(kept) => Some(kept.open(&registry).await?),
            None => None,
        };
        match self.connect_with(registry, store.clone(), sole).await {
            Ok(pubsub) => Ok(pubsub),
            Err(error) => {
                if let Some(store) = store {
                    store.close().await;
                }
                Err(error)
            }
        }
    }

    async fn connect_with(
        self,
        registry: Registry,
        store: Option<Arc<dyn Store>>,
        sole: Option<Sole>,
    ) -> Result<PubSub, Error> {
        let (config, embedded) = match self.session {
            Some(config) => (config, None),
            None => {
                let embedded = Embedded::start().await?;
                let config = embedded.url().parse::<SessionConfig>()?;
                (config, Some(embedded))
            }
        };
        // Subscriptions are by full address; with a lasting one they are renewed, not multiplied.
        let config = config.with_lasting_resource();
        let session = if store.is_some() {
            reach(config).await?
        } else {
            Session::connect(config).await?
        };
        let status = session.status();
        let outlet = Outlet::to(session, &registry);
        // The embedded server is nobody else's.
        let missing = if embedded.is_some() {
            Missing::Made
        } else {
            self.missing
        };
        if outlet.is_online()
            && let Err(error) = set_up(&outlet, &registry, missing).await
        {
            if store.is_none() {
                outlet.shutdown(Duration::ZERO).await;
                return Err(Error::new(ErrorKind::Node, error));
            }
            tracing::warn!(%error, "a node cannot be set up for now; it is when something is published to it");
        }
        let keeper = Keeper::start(outlet.clone(), registry.clone(), missing, status);
        let depot = store.map(|store| {
            let relay = Relay::start(Arc::clone(&store), outlet.clone(), registry.clone());
            Depot::new(store, relay, registry.models())
        });
        let origin = self
            .origin
            .unwrap_or_else(|| ItemId::unique().as_str().into());
        Ok(PubSub::new(Parts {
            outlet,
            registry,
            depot,
            origin,
            buffer: self.buffer,
            drain: self.drain,
            keeper,
            embedded: embedded.map(|embedded| (embedded, sole)),
        }))
    }
}

/// Where what is saved is kept.
#[derive(Debug, Clone)]
enum Kept {
    At(StoreUrl),
    Open(Arc<dyn Store>),
}

impl Kept {
    fn is_off(&self) -> bool {
        matches!(self, Self::At(url) if url.is_off())
    }

    /// Opens it, with room for the models of the program.
    async fn open(&self, registry: &Registry) -> Result<Arc<dyn Store>, Error> {
        let store = match self {
            Self::At(url) => store::open(url).await?,
            Self::Open(store) => Arc::clone(store),
        };
        let models = registry.models().filter(|model| model.is_stored);
        let models: Vec<_> = models.collect();
        store.prepare(&models).await?;
        Ok(store)
    }
}

/// Begins to connect, and waits for the outcome of the first attempt: a server that is away will be back, but one that refuses the
/// credentials of a program that has just been started will go on refusing them. One that refuses them later may be back before its accounts
/// are, and what was saved is to be delivered: the session then goes on trying.
async fn reach(config: SessionConfig) -> Result<Session, ConnectError> {
    let session = Session::keep(config);
    let mut status = session.status();
    loop {
        match &*status.borrow_and_update() {
            Status::Online { .. } => break,
            Status::Closed {
                reason: Some(reason),
            } => return Err((**reason).clone()),
            Status::Offline { reason, .. } => {
                tracing::warn!(%reason, "the server is away; what is saved meanwhile is delivered when it is back");
                break;
            }
            Status::Connecting | Status::Closed { reason: None } => {}
        }
        if status.changed().await.is_err() {
            break;
        }
    }
    Ok(session)
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error of the standard library repeats the value, and that may hold a password.
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::new(
            ErrorKind::Configuration,
            format!("{name} is not valid UTF-8; percent-encode what is not ASCII"),
        )),
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorKind::Configuration, error)
    }
}

fn unusable(name: &str, error: impl std::fmt::Display) -> Error {
    let reason = format!("{name} cannot be used: {error}");
    Error::new(ErrorKind::Configuration, reason)
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Configuration => ErrorKind::Configuration,
            _ => ErrorKind::Store,
        };
        Self::new(kind, error)
    }
}

impl From<AlreadyInstalled> for Error {
    fn from(error: AlreadyInstalled) -> Self {
        Self::new(ErrorKind::AlreadyInstalled, error)
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        let kind = match error {
            ConnectError::Authentication { .. } => ErrorKind::Authentication,
            _ => ErrorKind::Connection,
        };
        Self::new(kind, error)
    }
}
