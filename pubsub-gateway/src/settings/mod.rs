//! How a gateway behaves: plain values, each with a default with which `pushstream.js` and the browser's own clients work unchanged.
//!
//! The names of nginx-push-stream-module's directives stand beside what does the same here.

mod arguments;
mod endpoint;
mod list;
mod padding;
mod rules;

use std::time::Duration;

pub use self::arguments::Arguments;
pub use self::endpoint::{Endpoint, MessageFormat, Percent};
pub use self::list::{Filtering, Lists, Resource, Visibility};
pub use self::padding::{Padding, PaddingError};
pub use self::rules::{AccessRules, Audience};

/// Everything that can be set. `Settings::default()` serves all transports, keeps 20 messages of a channel for five minutes, and publishes
/// for callers of this machine only.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where [`Gateway::serve`](crate::Gateway::serve) puts the routes. Default `/events`, and the root for clients that know no other place.
    pub prefixes: Vec<String>,
    /// `ws/…` (`push_stream_subscriber websocket`).
    pub websocket: Endpoint,
    /// `ev/…` (`push_stream_subscriber eventsource`).
    pub event_stream: Endpoint,
    /// `sub/…` (`push_stream_subscriber streaming`).
    pub stream: Endpoint,
    /// `lp/…` (`push_stream_subscriber long-polling`).
    pub long_polling: Endpoint,
    /// `pub` (`push_stream_publisher`).
    pub publisher: Publisher,
    /// By which arguments clients say where they go on.
    pub arguments: Arguments,
    /// What channels are like.
    pub channels: Channels,
    /// What is accepted from clients.
    pub limits: Limits,
    /// Which pages of other origins may subscribe (`push_stream_allowed_origins`) and read lists. Default: none.
    pub origins: Origins,
    /// The list API; `None` for none.
    pub lists: Option<Lists>,
    /// How long clients are sent away one after another when the gateway ends. Default: 5 seconds.
    pub drain: Duration,
    /// Where they are told to go on, for those clients that understand it; `None` tells them to come back here.
    pub reconnect_to: Option<String>,
    /// Who may listen and publish, unless an [`Access`](crate::Access) decides.
    pub access: AccessRules,
}

/// How messages are published over HTTP.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// Whether `DELETE` deletes channels (`push_stream_publisher admin`). Default: yes.
    pub may_delete: bool,
    /// Whether the answer tells about the channel (`push_stream_channel_info_on_publish`). Default: yes.
    pub tells_info: bool,
    /// How long an answer waits for the message to come back from the service. Default: 10 seconds.
    pub patience: Duration,
}

/// What channels are like.
#[derive(Debug, Clone)]
pub struct Channels {
    /// Whether messages are kept for those who come later (`push_stream_store_messages`). Default: yes.
    pub store: bool,
    /// How many messages are kept (`push_stream_max_messages_stored_per_channel`). Default: 20.
    pub stored_messages: usize,
    /// How long they are kept (`push_stream_message_ttl`). Default: 5 minutes.
    pub message_ttl: Duration,
    /// How many bytes of text are kept. Default: 4 MiB.
    pub stored_bytes: usize,
    /// How many messages a client may be behind before it is cut off. Default: 4096.
    pub backlog: usize,
    /// How long messages are held for clients that are behind. Default: 1 minute.
    pub backlog_ttl: Duration,
    /// How long a channel without subscribers and stored messages lives on, with its subscription at the service
    /// (`push_stream_channel_inactivity_time`). Default: 30 seconds.
    pub inactivity: Duration,
    /// The longest name, in bytes (`push_stream_max_channel_id_length`). Default: 1023, which is all that a node can have.
    pub longest_name: usize,
    /// How many channels there may be (`push_stream_max_number_of_channels`). Default: 100,000.
    pub most: usize,
    /// How many of them one address may have made by subscribing, beside programs of this machine; behind a proxy on this machine that is the last one
    /// in `X-Forwarded-For`. Default: 1000.
    pub most_per_address: usize,
    /// How many wildcard channels there may be (`push_stream_max_number_of_wildcard_channels`). Default: as many.
    pub most_wildcards: usize,
    /// How many subscribers a channel may have (`push_stream_max_subscribers_per_channel`). Default: 1,000,000.
    pub most_subscribers: usize,
    /// What the names of wildcard channels begin with (`push_stream_wildcard_channel_prefix`). Default: nothing does.
    pub wildcard_prefix: Option<String>,
    /// The channel that tells of channels and clients (`push_stream_events_channel_id`). Default: none.
    pub events: Option<String>,
    /// What subscribers of a deleted channel are told (`push_stream_channel_deleted_message_text`).
    pub deleted_text: String,
    /// The text of a ping (`push_stream_ping_message_text`). Default: one space.
    pub ping_text: String,
    /// Whether a long poll that waited in vain is answered with a message instead of 304 (`push_stream_timeout_with_body`). Default: no.
    pub timeout_with_body: bool,
}

/// What is accepted from clients.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest message that may be published over HTTP or WebSocket, in bytes. Default: 256 KiB.
    pub message: usize,
    /// The largest head of a request, in bytes. Default: 16 KiB.
    pub head: usize,
    /// How long a client may take to send it, and how long its connection may stay open when it asks nothing. Default: 15 seconds.
    pub head_within: Duration,
    /// How long a publisher may take to send a message. Default: 30 seconds.
    pub body_within: Duration,
    /// How many channels one request may name. Default: 100.
    pub channels: usize,
    /// How many connections may be open. Default: 100,000.
    pub connections: usize,
    /// How long a client may read nothing of what it was sent, until it is cut off. Default: 60 seconds. A router that is nested into another
    /// server sees that of HTTP/1.1, and of HTTP/2 as long as the client grants its stream room; the rest is that server's to limit.
    pub stalled: Duration,
    /// How long a new channel waits for the service to subscribe it. Default: 10 seconds.
    pub upstream: Duration,
}

/// Pages of which origins may use the gateway from a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// Those that were served from the same host and port.
    #[default]
    Same,
    /// Those, and these: `https://example.org`. Their pages may send the cookies of their visitor along (`withCredentials`).
    Listed(Vec<String>),
    /// All, without cookies, which is right for what anybody may read anyway.
    Any,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefixes: vec!["/events".to_owned(), String::new()],
            websocket: Endpoint::default(),
            event_stream: Endpoint::default(),
            stream: Endpoint::stream(),
            long_polling: Endpoint {
                connection_ttl: Some(Duration::from_secs(30)),
                ..Endpoint::default()
            },
            publisher: Publisher::default(),
            arguments: Arguments::default(),
            channels: Channels::default(),
            limits: Limits::default(),
            origins: Origins::Same,
            lists: Some(Lists::default()),
            drain: Duration::from_secs(5),
            reconnect_to: None,
            access: AccessRules::default(),
        }
    }
}

impl Default for Publisher {
    fn default() -> Self {
        Self {
            may_delete: true,
            tells_info: true,
            patience: Duration::from_secs(10),
        }
    }
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            store: true,
            stored_messages: 20,
            message_ttl: Duration::from_mins(5),
            stored_bytes: 4 << 20,
            backlog: 4096,
            backlog_ttl: Duration::from_mins(1),
            inactivity: Duration::from_secs(30),
            longest_name: pubsub_core::name::MAX_NAME_BYTES,
            most: 100_000,
            most_per_address: 1000,
            most_wildcards: 100_000,
            most_subscribers: 1_000_000,
            wildcard_prefix: None,
            events: None,
            deleted_text: "Channel deleted".to_owned(),
            ping_text: " ".to_owned(),
            timeout_with_body: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 256 << 10,
            head: 16 << 10,
            head_within: Duration::from_secs(15),
            body_within: Duration::from_secs(30),
            channels: 100,
            connections: 100_000,
            stalled: Duration::from_mins(1),
            upstream: Duration::from_secs(10),
        }
    }
}
