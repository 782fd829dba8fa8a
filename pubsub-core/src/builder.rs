//! Starting a `PubSub`: where to connect, and what to do before the first save.
//!
//! The environment is read here and nowhere else in the crate.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};

use crate::ambient::AlreadyInstalled;
use crate::embedded::Embedded;
use crate::error::{Error, ErrorKind};
use crate::handle::{Parts, PubSub};
use crate::name::{ItemId, NodeName};
use crate::outlet::Outlet;
use crate::registry::{Descriptor, Registry};
use crate::session::{ConfigError, ConnectError, PubSubError, Session, SessionConfig};

/// The variable that names the server.
const URL: &str = "PUBSUB_URL";
/// The variable that names the store.
const STORE: &str = "PUBSUB_STORE";
/// How many nodes are set up at once.
const AT_ONCE: usize = 64;

/// Settings of a [`PubSub`] that is about to start.
#[derive(Debug, Clone)]
#[must_use = "nothing happens until `connect` is called"]
pub struct Builder {
    session: Option<SessionConfig>,
    origin: Option<Arc<str>>,
    with_models: bool,
    buffer: usize,
    drain: Duration,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            session: None,
            origin: None,
            with_models: true,
            buffer: 1024,
            drain: Duration::from_secs(10),
        }
    }

    pub(crate) fn from_env() -> Result<Self, Error> {
        if variable(STORE)?.is_some() {
            let reason = format!("{STORE} is set, but this version has no store; unset it");
            return Err(Error::new(ErrorKind::Configuration, reason));
        }
        let builder = Self::new();
        match variable(URL)? {
            Some(url) => builder.url(&url).map_err(|error| {
                Error::new(
                    ErrorKind::Configuration,
                    format!("{URL} cannot be used: {error}"),
                )
            }),
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

    /// Connects, and sets up the nodes of all models of the program: creates those that are missing and configures
    /// those whose models ask for it. Without a URL the server is started inside the process.
    ///
    /// # Errors
    ///
    /// See [`Error::kind`]. A node that belongs to somebody else is no error until it is published to.
    pub async fn connect(self) -> Result<PubSub, Error> {
        let registry = if self.with_models {
            Registry::load().map_err(|error| Error::new(ErrorKind::Models, error))?
        } else {
            Registry::empty()
        };
        let (config, embedded) = match self.session {
            Some(config) => (config, None),
            None => {
                let embedded = Embedded::start().await?;
                let config = embedded.url().parse::<SessionConfig>()?;
                (config, Some(embedded))
            }
        };
        // Subscriptions are by full address; with a lasting one they are renewed, not multiplied.
        let session = Session::connect(config.with_lasting_resource()).await?;
        let outlet = Outlet::to(session);
        if let Err(error) = set_up(&outlet, &registry).await {
            outlet.shutdown(Duration::ZERO).await;
            return Err(Error::new(ErrorKind::Node, error));
        }
        let origin = self
            .origin
            .unwrap_or_else(|| ItemId::unique().as_str().into());
        Ok(PubSub::new(Parts {
            outlet,
            registry,
            origin,
            buffer: self.buffer,
            drain: self.drain,
            embedded,
        }))
    }
}

/// Creates and configures the nodes of the models.
async fn set_up(outlet: &Outlet, registry: &Registry) -> Result<(), PubSubError> {
    stream::iter(registry.models().map(Ok))
        .try_for_each_concurrent(AT_ONCE, |model| set_up_one(outlet, model))
        .await
}

async fn set_up_one(outlet: &Outlet, model: &'static Descriptor) -> Result<(), PubSubError> {
    // The registry has checked the name.
    let Ok(node) = NodeName::new(model.node) else {
        return Ok(());
    };
    match outlet.ensure(&node, &model.config).await {
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            // Perhaps this program only subscribes. If it publishes, that will tell.
            tracing::warn!(%node, model = model.type_name, %error, "a node cannot be set up");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
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
