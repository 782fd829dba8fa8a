//! From a configuration to a stream that is logged in. One attempt; whether there is another is decided in `engine`.
//!
//! `dial` makes the TCP connection, `tls` secures it, `negotiate` speaks the part before the login with tokio-xmpp's
//! typed stream, `sasl` logs in. Then the socket is taken back and `stream` binds a resource, or resumes, on our own
//! [`Wire`]. `component` is the shorter way of XEP-0114, `discovery` finds the PubSub service.

mod component;
mod dial;
mod discovery;
mod negotiate;
mod resolve;
mod sasl;
mod srv;
mod stream;
mod tls;

use std::sync::Arc;

use tokio::time::timeout;

pub(in crate::session) use self::discovery::Service;
pub(in crate::session) use self::stream::Management;
use super::config::Identity;
use super::wire::Wire;
use super::{ConnectError, SessionConfig};

/// A stream that may be resumed (XEP-0198 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Resumable {
    /// What the server called the stream.
    pub(in crate::session) id: String,
    /// How many stanzas of the server we have handled.
    pub(in crate::session) handled: u32,
}

/// A stream that is logged in.
#[derive(Debug)]
pub(in crate::session) struct Established {
    pub(in crate::session) wire: Wire,
    pub(in crate::session) outcome: Outcome,
    /// The longest stanza that the server takes (XEP-0478).
    pub(in crate::session) largest_stanza: Option<usize>,
}

/// How the stream stands to the one before.
#[derive(Debug)]
pub(in crate::session) enum Outcome {
    /// It is the same; the server has handled this many of our stanzas.
    Resumed { handled: u32 },
    /// It is a new one.
    Fresh {
        /// Our full address.
        address: String,
        /// How it can be resumed, if it can.
        management: Option<Management>,
        service: Service,
    },
}

/// What an attempt needs to know besides the configuration.
#[derive(Debug, Clone, Default)]
pub(in crate::session) struct Attempt {
    pub(in crate::session) resume: Option<Resumable>,
    /// The resource was taken over by somebody else, so another one must be chosen.
    pub(in crate::session) is_displaced: bool,
    /// What was found the last time.
    pub(in crate::session) service: Option<Service>,
}

/// Connects and logs in, within the deadline of the configuration.
pub(in crate::session) async fn establish(
    config: Arc<SessionConfig>,
    attempt: Attempt,
) -> Result<Established, ConnectError> {
    let limit = config.connect_deadline;
    match timeout(limit, connect(&config, attempt)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ConnectError::Timeout {
            host: config.account.domain().to_string(),
            after: limit,
        }),
    }
}

async fn connect(config: &SessionConfig, attempt: Attempt) -> Result<Established, ConnectError> {
    if let Identity::Component { secret } = &config.identity {
        return component::connect(config, secret, attempt.service).await;
    }
    let wire = negotiate::log_in(config).await?;
    stream::begin(config, wire, attempt).await
}
