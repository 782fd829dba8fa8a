//! Where the XMPP server is, and what may pass on the way to it.

use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use crate::settings::Origins;

/// How [`Proxy`](crate::Proxy) behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySettings {
    /// The BOSH address of the server, such as `http://127.0.0.1:5280/http-bind`. Default: none, and then there is no such route.
    pub bosh: Option<String>,
    /// The WebSocket address of the server, such as `ws://127.0.0.1:5280/xmpp-websocket`. Default: none, and then there is no such route.
    pub websocket: Option<String>,
    /// Where pages find BOSH. Default: `/xmpp-httpbind`.
    pub bosh_path: String,
    /// Where pages find the WebSocket. Default: `/xmpp-websocket`.
    pub websocket_path: String,
    /// The `Host` that the server is asked for. Prosody serves a host by its name only. Default: the one that the client asked for.
    pub host: Option<String>,
    /// Which pages of other origins may use it. Default: none. The server behind is not told the origin, because it was judged here.
    pub origins: Origins,
    /// How many requests may be under way, a WebSocket counting as one. Default: 20,000.
    pub requests: usize,
    /// The largest request, in bytes. Default: 1 MiB.
    pub body: usize,
    /// How long a client may take to send it. Default: 30 seconds.
    pub body_within: Duration,
    /// How long the server may take to be connected to. Default: 5 seconds.
    pub connect_within: Duration,
    /// How long the server may take to begin its answer. Longer than any client waits in BOSH. Default: 5 minutes.
    pub answer_within: Duration,
    /// How many connections to the server are kept for later requests. Default: 100.
    pub idle_connections: usize,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            bosh: None,
            websocket: None,
            bosh_path: "/xmpp-httpbind".to_owned(),
            websocket_path: "/xmpp-websocket".to_owned(),
            host: None,
            origins: Origins::Same,
            requests: 20_000,
            body: 1 << 20,
            body_within: Duration::from_secs(30),
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_mins(5),
            idle_connections: 100,
        }
    }
}

/// A setting of the proxy that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// An address of the server is none, or one of a kind that cannot be reached.
    #[error(
        "\"{url}\" is no address to hand requests on to: it should look like {scheme}://127.0.0.1:5280/path"
    )]
    Url {
        /// The address.
        url: String,
        /// The scheme that it should have.
        scheme: &'static str,
    },
}

/// An address of the server, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upstream {
    pub(super) uri: Uri,
    pub(super) host: HeaderValue,
}

impl Upstream {
    /// Takes an address of that scheme apart.
    pub(super) fn parse(url: &str, scheme: &'static str) -> Result<Self, ProxyError> {
        Self::read(url, scheme).ok_or_else(|| ProxyError::Url {
            url: url.to_owned(),
            scheme,
        })
    }

    fn read(url: &str, scheme: &str) -> Option<Self> {
        let (given, rest) = url.split_once("://")?;
        if given != scheme {
            return None;
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let authority: Authority = authority.parse().ok()?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return None;
        }
        let host = HeaderValue::from_str(authority.as_str()).ok()?;
        let path: PathAndQuery = path.parse().ok()?;
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(authority)
            .path_and_query(path);
        Some(Self {
            uri: uri.build().ok()?,
            host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ProxyError, Upstream};

    #[test]
    fn addresses_are_taken_apart_or_refused() {
        for (url, scheme, expected) in [
            (
                "http://127.0.0.1:5280/http-bind",
                "http",
                Some("http://127.0.0.1:5280/http-bind"),
            ),
            ("ws://localhost/xmpp", "ws", Some("http://localhost/xmpp")),
            ("http://[::1]:80", "http", Some("http://[::1]:80/")),
            ("https://localhost/", "http", None),
            ("http://localhost/", "ws", None),
            ("localhost", "http", None),
            ("http://", "http", None),
            ("http://ann:secret@localhost/", "http", None),
            ("http://local host/", "http", None),
        ] {
            let read = Upstream::parse(url, scheme);
            match expected {
                Some(uri) => assert_eq!(read.unwrap().uri, uri),
                None => assert!(matches!(read, Err(ProxyError::Url { .. })), "{url}"),
            }
        }
    }
}
