//! The HTTP side of the server: BOSH and WebSocket, on the server's own listener or behind somebody else's.
//!
//! `origin` judges pages, `client` tells who asks, `answer` writes short answers, `websocket` and `bosh` are the two doors, `body` is what is sent,
//! `serving` and `wire` are the server's own listener. What is said through the doors is served by `connection`, like everything else.

mod answer;
mod body;
mod bosh;
mod client;
mod host_meta;
mod metrics;
mod origin;
mod serving;
mod websocket;
mod wire;

pub use self::body::HttpBody;
pub use self::client::HttpClient;
pub(crate) use self::serving::admit;

use std::sync::Arc;

use hyper::body::{Body, Buf};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, Response, StatusCode};

use self::answer::Answer;
use self::origin::Verdict;
use crate::host::Host;
use crate::statistics::Statistics;

/// BOSH and WebSocket of a running server, for whoever has an HTTP server of its own.
///
/// The server's own listener uses it too. It stays usable as long as the server runs, and answers 503 afterwards.
#[derive(Clone, Debug)]
pub struct HttpService {
    host: Arc<Host>,
}

/// The doors of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    WebSocket,
    Bosh,
    HostMeta,
    HostMetaJson,
    Health,
    Metrics,
}

impl HttpService {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host }
    }

    /// Whether requests to this path are for the service: its two paths, `/.well-known/host-meta` (XEP-0156), `/healthz`
    /// and `/metrics`.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.door(path).is_some()
    }

    /// What the server is doing, as [`RunningServer::statistics`](crate::RunningServer::statistics) tells.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics::of(&self.host)
    }

    /// The same as text for Prometheus, which is what `/metrics` answers.
    #[must_use]
    pub fn metrics(&self) -> String {
        metrics::write(&self.statistics())
    }

    /// The path of the WebSocket.
    #[must_use]
    pub fn websocket_path(&self) -> &str {
        &self.host.http.websocket_path
    }

    /// The path of BOSH.
    #[must_use]
    pub fn bosh_path(&self) -> &str {
        &self.host.http.bosh_path
    }

    fn door(&self, path: &str) -> Option<Door> {
        let http = &self.host.http;
        match path {
            path if path == http.websocket_path => Some(Door::WebSocket),
            path if path == http.bosh_path => Some(Door::Bosh),
            host_meta::PATH => Some(Door::HostMeta),
            host_meta::JSON_PATH => Some(Door::HostMetaJson),
            metrics::HEALTH_PATH => Some(Door::Health),
            metrics::METRICS_PATH => Some(Door::Metrics),
            _ => None,
        }
    }

    /// Answers one request, as an HTTP server hands it in.
    ///
    /// A WebSocket needs a request that hyper can upgrade: the server must allow upgrades (`with_upgrades`), and the request must still have its
    /// extensions.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future while it waits means that the client is gone. What would have been answered is then said to its next request.
    pub async fn handle<B>(&self, request: Request<B>, client: HttpClient) -> Response<HttpBody>
    where
        B: Body + Send,
        B::Data: Buf + Send,
    {
        let Some(door) = self.door(request.uri().path()) else {
            return Answer::text(StatusCode::NOT_FOUND, "there is nothing here\n").build();
        };
        // Sessions of BOSH are told so in their own words.
        let is_of_session = door == Door::Bosh && request.method() != Method::GET;
        if *self.host.shutdown.borrow() && !is_of_session {
            return Answer::going_down().build();
        }
        match door {
            Door::Health => return Answer::text(StatusCode::OK, "ok\n").build(),
            Door::Metrics
                if self.host.http.public_metrics || client.is_local(request.headers()) =>
            {
                let answer = Answer::new(StatusCode::OK, HttpBody::bytes(self.metrics()));
                return answer.with(CONTENT_TYPE, metrics::TYPE).build();
            }
            Door::Metrics => {
                let words = "metrics are for this machine, unless the settings of the server make them public\n";
                return Answer::text(StatusCode::FORBIDDEN, words).build();
            }
            _ => {}
        }
        let asked = origin::host_of(request.uri(), request.headers());
        // Every page may know where the doors are (RFC 6415 §2).
        if let Door::HostMeta | Door::HostMetaJson = door {
            let is_json = door == Door::HostMetaJson;
            return host_meta::answer(&self.host, &request, asked, client.is_encrypted, is_json);
        }
        let verdict = origin::judge(
            request.headers(),
            asked,
            &self.host.http.origins,
            &self.host.domain,
            client.is_local(request.headers()),
        );
        if verdict == Verdict::Refused {
            tracing::debug!(origin = ?request.headers().get("origin"), "a page was refused");
            let words = "pages of this origin may not connect here unless the settings of the server name it\n";
            return Answer::text(StatusCode::FORBIDDEN, words).build();
        }
        let remote = client.remote(request.headers());
        let answer = match door {
            Door::WebSocket => websocket::accept(&self.host, request, remote),
            _ if request.method() == Method::OPTIONS => Answer::preflight(request.headers()),
            _ => bosh::accept(&self.host, request, remote).await,
        };
        answer.allowing(&verdict).build()
    }
}
