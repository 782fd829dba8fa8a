//! XMPP for pages, on the gateway's own origin: BOSH and WebSocket, handed on to whichever XMPP server is behind.
//!
//! Knows HTTP and no XMPP. `settings` says where the server is, `forwarding` rewrites heads, `passage` is one request on its way, `splice` is a
//! WebSocket after its handshake.

mod forwarding;
mod passage;
mod settings;
mod splice;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Semaphore, watch};

pub use self::settings::{ProxyError, ProxySettings};

use self::settings::Upstream;

/// Hands BOSH and WebSocket on to an XMPP server. Cheap to clone; every clone is the same one.
///
/// ```
/// use pubsub_gateway::{Proxy, ProxySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = Proxy::new(ProxySettings {
///     bosh: Some("http://127.0.0.1:5280/http-bind".into()),
///     websocket: Some("ws://127.0.0.1:5280/xmpp-websocket".into()),
///     ..ProxySettings::default()
/// })?;
/// let app: axum::Router = axum::Router::new().merge(proxy.router());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

/// What all requests share.
#[derive(Debug)]
struct Inner {
    settings: ProxySettings,
    bosh: Option<Upstream>,
    websocket: Option<Upstream>,
    client: Client<HttpConnector, passage::Outward>,
    room: Arc<Semaphore>,
    /// Dropped with the proxy, which ends every WebSocket.
    life: watch::Sender<()>,
}

/// Which of the two a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Bosh,
    WebSocket,
}

impl Proxy {
    /// Prepares to hand on; the server is asked for only when somebody comes.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] says which setting makes no sense.
    pub fn new(settings: ProxySettings) -> Result<Self, ProxyError> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(settings.connect_within));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(settings.idle_connections)
            .build(connector);
        let of = |url: &Option<String>, scheme| {
            let url = url.as_deref().map(|url| Upstream::parse(url, scheme));
            url.transpose()
        };
        let inner = Inner {
            bosh: of(&settings.bosh, "http")?,
            websocket: of(&settings.websocket, "ws")?,
            client,
            room: Arc::new(Semaphore::new(
                settings.requests.min(Semaphore::MAX_PERMITS),
            )),
            life: watch::Sender::new(()),
            settings,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The routes `/xmpp-httpbind` and `/xmpp-websocket`, as far as something is behind them.
    ///
    /// To tell the server who asks, the application has to be served with
    /// [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info).
    pub fn router(&self) -> Router {
        let settings = &self.inner.settings;
        let mut router = Router::new();
        if self.inner.bosh.is_some() {
            router = router.route(&settings.bosh_path, any(bosh));
        }
        if self.inner.websocket.is_some() {
            router = router.route(&settings.websocket_path, any(websocket));
        }
        router.with_state(Arc::clone(&self.inner))
    }
}

async fn bosh(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    answer(&inner, Door::Bosh, request).await
}

async fn websocket(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    answer(&inner, Door::WebSocket, request).await
}

async fn answer(inner: &Arc<Inner>, door: Door, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|peer| peer.0.ip());
    passage::pass(inner, door, request, peer).await
}
