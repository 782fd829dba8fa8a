//! The handle that programs hold.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use pubsub_core::PubSub;
use tokio::net::TcpListener;

use crate::channel::{ChannelName, ChannelNameError, Epoch, Hub};
use crate::feed::{RowJson, Rows};
use crate::inner::Inner;
use crate::list::{self, Access, Api, Directory, ListAccess, ResourceError};
use crate::plan::Plans;
use crate::route::router;
use crate::serve;
use crate::settings::{Lists, Settings};

/// A gateway between nodes and browsers. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
    api: Option<Arc<Api>>,
}

/// A gateway that is about to start.
#[must_use = "nothing happens until `build` is called"]
pub struct Builder {
    pubsub: PubSub,
    settings: Settings,
    rows: Option<RowJson>,
    list_access: Option<ListAccess>,
}

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The events channel cannot be called so.
    #[error("the events channel cannot be called \"{name}\": {error}")]
    Events {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: ChannelNameError,
    },
    /// A resource of the list API does not fit its model.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// Something is set to zero that cannot be.
    #[error("{0} cannot be zero; leave it out to switch it off")]
    Zero(&'static str),
}

impl Gateway {
    /// Begins to set one up, which hears what this handle can hear.
    pub fn builder(pubsub: PubSub) -> Builder {
        Builder {
            pubsub,
            settings: Settings::default(),
            rows: None,
            list_access: None,
        }
    }

    /// The routes, relative to wherever they are nested: `/ws/…`, `/ev/…`, `/sub/…`, `/lp/…`, `/pub` and `/stats`.
    ///
    /// Publishing is for callers of this machine. To know where a request comes from, the application has to be served with
    /// [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info); otherwise no request is
    /// taken for local.
    pub fn router(&self) -> Router {
        router(Arc::clone(&self.inner))
    }

    /// The list API, at its [base](crate::settings::Lists::base): to be merged into an application. No routes without [lists](Settings::lists).
    ///
    /// ```no_run
    /// # fn app(gateway: pubsub_gateway::Gateway) -> axum::Router {
    /// axum::Router::new()
    ///     .nest("/events", gateway.router())
    ///     .merge(gateway.lists())
    /// # }
    /// ```
    pub fn lists(&self) -> Router {
        match &self.api {
            Some(api) => list::router(Arc::clone(api)),
            None => Router::new(),
        }
    }

    /// Serves the routes alone, at the [prefixes](Settings::prefixes), until `shutdown` resolves. An idle subscriber costs less
    /// memory than in a nested [`router`](Self::router).
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        serve::serve(Arc::clone(&self.inner), self.app(), listener, shutdown).await;
    }

    /// The routes at all prefixes.
    fn app(&self) -> Router {
        let mut app = self.lists();
        for prefix in &self.inner.settings().prefixes {
            let prefix = prefix.trim_end_matches('/');
            app = match prefix {
                "" => app.merge(self.router()),
                prefix => app.nest(prefix, self.router()),
            };
        }
        app
    }
}

impl Builder {
    /// Behaves so.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Makes JSON of the rows of models with this instead of what the list API shows; what it answers `None` for is pushed as it is.
    pub fn rows(mut self, rows: RowJson) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Asks this which rows a request for a list may see. Without it, everybody sees the rows of models that are [for everybody](crate::settings::Visibility), and
    /// nobody those of others.
    pub fn list_access(mut self, access: ListAccess) -> Self {
        self.list_access = Some(access);
        self
    }

    /// Starts it. To be called inside a Tokio runtime, where the tasks of the gateway are started.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which setting makes no sense.
    pub fn build(self) -> Result<Gateway, BuildError> {
        check(&self.settings)?;
        let events = self.settings.channels.events.as_deref().map(|name| {
            ChannelName::new(name).map_err(|error| BuildError::Events {
                name: name.to_owned(),
                error,
            })
        });
        let events = events.transpose()?;
        let epoch = Epoch::random();
        let plans = Plans::new(&self.settings, epoch);
        let hub = Hub::new(self.settings.channels.clone(), events, epoch, plans.formats);
        let has_lists = self.settings.lists.is_some();
        let lists = self.settings.lists.clone().unwrap_or_else(|| Lists {
            all: false,
            ..Lists::default()
        });
        let directory = Arc::new(Directory::new(self.pubsub.clone(), lists)?);
        let api = has_lists.then(|| {
            Arc::new(Api {
                directory: Arc::clone(&directory),
                access: Access::new(self.list_access),
                origins: self.settings.origins.clone(),
            })
        });
        let rows = self.rows.unwrap_or_else(|| {
            let directory = Arc::clone(&directory);
            Arc::new(move |node, id, payload| directory.row(node, id, payload))
        });
        let rows = Rows::new(Some(rows));
        let inner = Inner::new(self.settings, self.pubsub, hub, plans, rows, directory);
        let inner = Arc::new(inner);
        inner.keep_tidy();
        Ok(Gateway { inner, api })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn check(settings: &Settings) -> Result<(), BuildError> {
    let endpoints = [
        &settings.websocket,
        &settings.event_stream,
        &settings.stream,
        &settings.long_polling,
    ];
    for endpoint in endpoints {
        if endpoint
            .ping_interval
            .is_some_and(|interval| interval.is_zero())
        {
            return Err(BuildError::Zero("the ping interval"));
        }
        if endpoint.connection_ttl.is_some_and(|ttl| ttl.is_zero()) {
            return Err(BuildError::Zero("the life of a connection"));
        }
    }
    Ok(())
}
