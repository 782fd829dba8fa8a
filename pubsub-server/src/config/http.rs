//! How the server speaks HTTP: plain structs with a default for each field.

use std::net::SocketAddr;
use std::time::Duration;

/// BOSH (XEP-0124, XEP-0206) and WebSocket (RFC 7395).
///
/// Both are served on [`listen`](Self::listen), and by [`HttpService`](crate::HttpService) to whoever has an HTTP server of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where to listen for HTTP. Port 0 takes a free one. Default: nowhere.
    pub listen: Option<SocketAddr>,
    /// Whether TLS is spoken there (`https:`, `wss:`), with the certificate of [`Config::encryption`](crate::Config::encryption). Default: no.
    pub encrypted: bool,
    /// The path of the WebSocket. Default: `/xmpp-websocket`.
    pub websocket_path: String,
    /// The path of BOSH. Default: `/xmpp-httpbind`.
    pub bosh_path: String,
    /// Which web pages may connect. Default: those of the server's own origin.
    pub origins: Origins,
    /// Whether `/metrics` answers everybody, and not this machine alone. Default: no.
    pub public_metrics: bool,
    /// BOSH sessions.
    pub bosh: Bosh,
    /// Open HTTP connections, at one time. Default: 20,000.
    pub connections: usize,
    /// Open HTTP connections from one address, at one time; loopback counts as any other. Default: 20,000.
    pub connections_per_address: usize,
    /// How long a client may take to send the head of a request, and how long a connection between two requests stays open. Default: 75 s.
    pub head: Duration,
    /// How long a client may take to send the body of a request. Default: 30 s.
    pub body: Duration,
    /// How long a client may take no byte of an answer before its connection is cut. Default: 30 s.
    pub write: Duration,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: None,
            encrypted: false,
            websocket_path: "/xmpp-websocket".to_owned(),
            bosh_path: "/xmpp-httpbind".to_owned(),
            origins: Origins::default(),
            public_metrics: false,
            bosh: Bosh::default(),
            connections: 20_000,
            connections_per_address: 20_000,
            head: Duration::from_secs(75),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
        }
    }
}

/// Which web pages may connect. A request without an `Origin` does not come from a page and is always let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Pages whose origin is the address that the request went to, as its `Host` says. A browser on this machine must have asked for an address,
    /// a name below `localhost`, or the domain of the server: any other name could be somebody else's that points here.
    #[default]
    Same,
    /// Those, and pages of these origins: scheme, host, and port unless it is the usual one, such as `https://example.org`.
    These(Vec<String>),
    /// All pages on the web. Whoever visits any of them connects from his own machine, where loopback is.
    Any,
}

/// What a client of BOSH may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bosh {
    /// How long a request is held at most, which is also the default. Default: 60 s.
    pub wait: Duration,
    /// How many requests of one session are held at most. Default: 1. With more, a client that has two connections, as browsers have had and
    /// stanza.js has, may find both of them held, and can say nothing until one is answered.
    pub hold: usize,
    /// How long a session lives without a request. Default: 60 s.
    pub inactivity: Duration,
    /// How long a client may pause. Default: 120 s.
    pub pause: Duration,
    /// How often a session that holds no requests may ask in vain. Default: once in 2 s.
    pub polling: Duration,
    /// How long requests wait for an earlier one that has not come, before it is passed over. Default: 10 s.
    pub gap: Duration,
    /// The longest body of a request after login, in bytes; before login it is [`Limits::stanza_before_login`](crate::Limits::stanza_before_login).
    /// Default: 1 MiB.
    pub body: usize,
}

impl Default for Bosh {
    fn default() -> Self {
        Self {
            wait: Duration::from_mins(1),
            hold: 1,
            inactivity: Duration::from_mins(1),
            pause: Duration::from_mins(2),
            polling: Duration::from_secs(2),
            gap: Duration::from_secs(10),
            body: 1024 * 1024,
        }
    }
}
