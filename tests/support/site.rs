//! A web site of the test's own: any axum router on a port of loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use pubsub_server::{HttpClient, HttpService};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::program::target;

/// A running site; it ends when this is dropped.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Site {
    /// Serves `router`.
    ///
    /// # Panics
    ///
    /// When there is no port.
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            axum::serve(listener, service).await.expect("a listener");
        });
        Self { address, task }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A page at `path`, from its HTML.
pub fn with_page(router: Router, path: &str, html: &'static str) -> Router {
    let page = move || async move { ([(CONTENT_TYPE, "text/html; charset=utf-8")], html) };
    router.route(path, get(page))
}

/// Where `cargo xtask setup` installs npm packages.
#[must_use]
pub fn packages() -> PathBuf {
    target().join("npm")
}

/// A file of an npm package that `cargo xtask setup` installs, at `path`.
///
/// # Panics
///
/// When the package is not installed.
pub fn with_script(router: Router, path: &str, file: &str) -> Router {
    let place: PathBuf = packages().join("node_modules").join(file);
    let script = std::fs::read_to_string(&place)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask setup`", place.display()));
    let answer =
        move || async move { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script) };
    router.route(path, get(answer))
}

/// BOSH and WebSocket of one of our servers, for every path that is not taken otherwise.
pub fn with_xmpp(router: Router, service: HttpService) -> Router {
    router.fallback(
        move |ConnectInfo(address): ConnectInfo<SocketAddr>, request: Request| async move {
            let client = HttpClient {
                address,
                is_encrypted: false,
            };
            let response = service.handle(request, client).await;
            response.map(Body::new).into_response()
        },
    )
}
