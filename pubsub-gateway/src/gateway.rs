//! The handle that programs hold.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use pubsub_core::PubSub;
use pubsub_core::schema::Outline;
use tokio::net::TcpListener;

use crate::access::{Access, Doorkeeper, Revocation};
use crate::asset::assets;
use crate::channel::{ChannelName, Epoch, Hub};
use crate::check::{BuildError, check, read_headers};
use crate::feed::{RowJson, Rows};
use crate::inner::Inner;
use crate::list::{self, Directory};
use crate::plan::Plans;
use crate::route::{inspected, router};
use crate::serve::{self, Tls};
use crate::settings::{Lists, Settings};

/// A gateway between nodes and browsers. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
    has_lists: bool,
}

/// A gateway that is about to start.
#[must_use = "nothing happens until `build` is called"]
pub struct Builder {
    pubsub: PubSub,
    settings: Settings,
    rows: Option<RowJson>,
    access: Option<Arc<dyn Access>>,
}

/// Who listens to a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// How many connections.
    pub connections: usize,
    /// Who that is, as far as they are known, each once and in order.
    pub subjects: Vec<Arc<str>>,
}

impl Gateway {
    /// Begins to set one up, which hears what this handle can hear.
    pub fn builder(pubsub: PubSub) -> Builder {
        Builder {
            pubsub,
            settings: Settings::default(),
            rows: None,
            access: None,
        }
    }

    /// The routes, relative to wherever they are nested: `/ws/…`, `/ev/…`, `/sub/…`, `/lp/…`, `/pub` and `/stats`.
    ///
    /// Publishing is for callers of this machine. To know where a request comes from, the application has to be served with
    /// [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info); otherwise no request is
    /// taken for local.
    ///
    /// What is open does not end by itself, and axum's graceful shutdown waits until all of it has: whoever serves the routes has to
    /// [`drain`](Self::drain) first.
    ///
    /// ```no_run
    /// # use std::{net::SocketAddr, time::Duration};
    /// # async fn serve(
    /// #     gateway: pubsub_gateway::Gateway,
    /// #     listener: tokio::net::TcpListener,
    /// #     told_to_end: impl Future<Output = ()> + Send + 'static,
    /// # ) -> std::io::Result<()> {
    /// let app = axum::Router::new().nest("/events", gateway.router());
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
    ///     .with_graceful_shutdown(async move {
    ///         told_to_end.await;
    ///         gateway.drain(Duration::from_secs(2)).await;
    ///     })
    ///     .await
    /// # }
    /// ```
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
        if self.has_lists {
            list::router(Arc::clone(&self.inner))
        } else {
            Router::new()
        }
    }

    /// Routes of the application that only those see who may see the statistics: by the [rule](crate::settings::AccessRules::inspection), a
    /// token or the [hook](Access).
    pub fn inspected(&self, routes: Router) -> Router {
        inspected(Arc::clone(&self.inner), routes)
    }

    /// What rows look like in the lists and in what is pushed: those of the models that this program links, with texts where a resource
    /// [links](crate::settings::Resource::links) to another one. For the types of a front end.
    ///
    /// ```no_run
    /// # fn types(gateway: pubsub_gateway::Gateway) -> String {
    /// pubsub_core::schema::typescript_of(&gateway.outlines())
    /// # }
    /// ```
    #[must_use]
    pub fn outlines(&self) -> Vec<Outline> {
        self.inner.directory().shown()
    }

    /// Serves the routes at the [prefixes](Settings::prefixes), and the browser client at the root, until `shutdown` resolves. An idle
    /// subscriber costs less memory than in a nested [`router`](Self::router).
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        self.serve_with(listener, Router::new(), shutdown).await;
    }

    /// The same, with other routes beside them: those of a page, say. A path that both have is a mistake of the program, and panics as it does in
    /// [`Router::merge`].
    pub async fn serve_with(
        &self,
        listener: TcpListener,
        others: Router,
        shutdown: impl Future<Output = ()>,
    ) {
        let app = self.app().merge(others);
        serve::serve(Arc::clone(&self.inner), app, listener, None, shutdown).await;
    }

    /// The same over TLS, with HTTP/2 for those who can.
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        tls: Tls,
        shutdown: impl Future<Output = ()>,
    ) {
        self.serve_tls_with(listener, tls, Router::new(), shutdown)
            .await;
    }

    /// The same, with other routes beside them, as in [`serve_with`](Self::serve_with).
    pub async fn serve_tls_with(
        &self,
        listener: TcpListener,
        tls: Tls,
        others: Router,
        shutdown: impl Future<Output = ()>,
    ) {
        let app = self.app().merge(others);
        serve::serve(Arc::clone(&self.inner), app, listener, Some(tls), shutdown).await;
    }

    /// Takes back what was granted: open connections that rest on it end, and a token like that is refused from now on: see [`Revocation`].
    pub fn revoke(&self, revocation: &Revocation) {
        self.inner.revoke(revocation);
    }

    /// Lets nobody in any more, and sends those who are here away within that time, with a hint to connect again elsewhere.
    ///
    /// [`serve`](Self::serve) does so by itself when it is shut down.
    ///
    /// # Cancel safety
    ///
    /// Who was not sent away yet stays when the future is dropped, and nobody is let in all the same.
    pub async fn drain(&self, within: Duration) {
        self.inner.drain(within).await;
    }

    /// Who listens to a channel now.
    #[must_use]
    pub fn presence(&self, channel: &ChannelName) -> Presence {
        self.inner.presence(channel)
    }

    /// The routes at all prefixes.
    fn app(&self) -> Router {
        let mut app = self.lists().merge(assets());
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

    /// Has this decide who may listen and publish, instead of the [rules](crate::settings::AccessRules).
    pub fn access(mut self, access: impl Access) -> Self {
        self.access = Some(Arc::new(access));
        self
    }

    /// Starts it. To be called inside a Tokio runtime, where the tasks of the gateway are started.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which setting makes no sense.
    pub fn build(mut self) -> Result<Gateway, BuildError> {
        check(&self.settings)?;
        read_headers(&mut self.settings)?;
        let events = self.settings.channels.events.as_deref().map(|name| {
            ChannelName::new(name).map_err(|error| BuildError::Events {
                name: name.to_owned(),
                error,
            })
        });
        let events = events.transpose()?;
        let epoch = Epoch::random();
        let plans = Plans::new(&self.settings, epoch);
        let private = self.settings.access.private.clone();
        let channels = self.settings.channels.clone();
        let hub = Hub::new(channels, events, epoch, plans.formats, private);
        let has_lists = self.settings.lists.is_some();
        let lists = self.settings.lists.clone().unwrap_or_else(|| Lists {
            all: false,
            ..Lists::default()
        });
        let directory = Arc::new(Directory::new(
            self.pubsub.clone(),
            lists,
            self.settings.access.clone(),
        )?);
        let rows = self.rows.unwrap_or_else(|| {
            let directory = Arc::clone(&directory);
            Arc::new(move |node, id, payload| directory.row(node, id, payload))
        });
        let rows = Rows::new(Some(rows));
        let doorkeeper = Doorkeeper::new(self.settings.access.clone(), self.access);
        let inner = Inner::new(
            self.settings,
            self.pubsub,
            hub,
            plans,
            rows,
            directory,
            doorkeeper,
        );
        let inner = Arc::new(inner);
        inner.keep_tidy();
        Ok(Gateway { inner, has_lists })
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
