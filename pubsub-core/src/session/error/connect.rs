//! The errors of connecting and logging in. The causes from other libraries are kept as sources, not shown as types.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::session::ConfigError;

/// How a login failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Login {
    /// The server does not accept name and password.
    #[error("the server refuses the credentials ({0})")]
    Refused(String),
    /// The server offers no way to log in that is good enough.
    #[error("the server offers {offered}; {needed}")]
    NoMechanism {
        /// What it offers.
        offered: String,
        /// What would be needed.
        needed: &'static str,
    },
    /// The server failed to prove that it knows the account, or sent what the mechanism forbids. It may be an impostor.
    #[error("the server did not prove who it is ({0})")]
    ServerNotProven(String),
}

/// A connection that could not be made, or did not last.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The credentials do not lead in. Trying again with the same ones is useless, so it is not done.
    #[error("{account} cannot log in: {reason}")]
    Authentication {
        /// The account.
        account: String,
        /// How it failed.
        reason: Login,
    },
    /// No server answers there.
    #[error("cannot reach {address}: {source}")]
    Unreachable {
        /// What was tried.
        address: String,
        /// What the operating system or the resolver says.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The connection would be readable by others.
    #[error("{host} offers no TLS, which is required beyond loopback")]
    TlsRequired {
        /// The server.
        host: String,
    },
    /// TLS could not be set up: the certificate is not trusted or not for this domain.
    #[error("no TLS connection to {host}: {source}")]
    Tls {
        /// The domain that the certificate must be for.
        host: String,
        /// What is wrong.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// A certificate file of the configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server closed the stream.
    #[error("the server closed the stream: {condition}{}", text.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Stream {
        /// The condition of RFC 6120 §4.9.3.
        condition: String,
        /// What the server says about it.
        text: Option<String>,
    },
    /// The connection broke.
    #[error("the connection to {host} broke: {source}")]
    Broken {
        /// The server.
        host: String,
        /// What the operating system says.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The server sent something that the protocol forbids.
    #[error("{host} does not follow the protocol: {what}")]
    Protocol {
        /// The server.
        host: String,
        /// What it did.
        what: String,
    },
    /// The server was silent for too long.
    #[error("{host} did not answer within {after:?}")]
    Timeout {
        /// The server.
        host: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// There is no PubSub service where it should be.
    #[error("there is no PubSub service at {service}; name the right one with ?service=")]
    NoSuchService {
        /// The address that was tried.
        service: String,
    },
}

impl ConnectError {
    /// Whether another attempt with the same configuration is useless.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Authentication { .. } | Self::Config(_))
    }

    /// Whether a session gives up. One that was logged in with these credentials before bears with a server that,
    /// while it starts again, does not offer to log in yet.
    pub(in crate::session) fn ends_session(&self, is_proven: bool) -> bool {
        match self {
            Self::Authentication {
                reason: Login::NoMechanism { .. },
                ..
            } => !is_proven,
            error => error.is_fatal(),
        }
    }

    /// Whether another session took our place (RFC 6120 §4.9.3.3).
    pub(in crate::session) fn is_conflict(&self) -> bool {
        matches!(self, Self::Stream { condition, .. } if condition == "conflict")
    }

    /// Whether something we sent may have made the server close the stream (RFC 6120 §4.9.3).
    pub(in crate::session) fn blames_a_stanza(&self) -> bool {
        matches!(self, Self::Stream { condition, .. } if matches!(
            condition.as_str(),
            "policy-violation" | "not-well-formed" | "invalid-xml" | "bad-format" | "restricted-xml"
                | "bad-namespace-prefix" | "unsupported-stanza-type" | "unsupported-encoding"
        ))
    }

    pub(in crate::session) fn protocol(host: &str, what: impl Into<String>) -> Self {
        Self::Protocol {
            host: host.to_owned(),
            what: what.into(),
        }
    }

    pub(in crate::session) fn broken(
        host: &str,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Broken {
            host: host.to_owned(),
            source: Arc::new(source),
        }
    }
}
