//! The errors of requests to a PubSub service. Each names the node, or the service when no node is concerned.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::NodeName;

/// What a request was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One node.
    Node(NodeName),
    /// The service, or another entity, as a whole.
    Service(Arc<str>),
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(formatter, "node \"{node}\""),
            Self::Service(service) => write!(formatter, "service \"{service}\""),
        }
    }
}

/// Which rule keeps us out of a node (XEP-0060 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessRule {
    /// Only those who share presence with the owner may enter.
    Presence,
    /// Only those in certain groups of the owner's roster may enter.
    Roster,
    /// Only those on the list may enter.
    Whitelist,
    /// The owner has not approved the subscription yet.
    Authorize,
    /// Only subscribers may do this.
    Subscription,
}

/// A publish that did not get through; the same as for every other request.
pub type PublishError = PubSubError;

/// A request that was not granted, or not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PubSubError {
    /// The node or item does not exist.
    #[error("{target} or the item asked for does not exist")]
    NotFound {
        /// What the request was about.
        target: Target,
    },
    /// This account lacks the right; an owner of the node, or the operator of the service, can grant it.
    #[error(
        "{target}: this account may not do that; an owner of the node, or the operator of the service, can give it the right"
    )]
    Forbidden {
        /// What the request was about.
        target: Target,
    },
    /// The node does not let us in.
    #[error("{target} is closed ({rule:?})")]
    Closed {
        /// What the request was about.
        target: Target,
        /// Why.
        rule: AccessRule,
    },
    /// The payload is larger than the service takes.
    #[error("{target}: the payload is too big")]
    PayloadTooBig {
        /// What the request was about.
        target: Target,
    },
    /// The payload is not one well-formed XML element. Nothing was sent.
    #[error("{target}: the payload is not one well-formed element ({reason})")]
    PayloadMalformed {
        /// What the request was about.
        target: Target,
        /// What is wrong with it.
        reason: pubsub_xml::XmlError,
    },
    /// The node is set up otherwise than the publisher relies on.
    #[error("{target} is configured otherwise than expected{}", in_parentheses(field.as_deref()))]
    PreconditionNotMet {
        /// What the request was about.
        target: Target,
        /// The option that differs, when the service says.
        field: Option<String>,
    },
    /// The service asks to slow down, or is short of something.
    #[error("{target}: the service is overloaded or limits the rate{}", in_parentheses(text.as_deref()))]
    RateLimited {
        /// What the request was about.
        target: Target,
        /// What the service says about it.
        text: Option<String>,
    },
    /// Nobody answers at the address of the service, or not to requests of this kind.
    #[error("{target}: nobody at {service} answers such requests ({condition})")]
    NoSuchService {
        /// What the request was about.
        target: Target,
        /// The address.
        service: Arc<str>,
        /// The condition that the server reported.
        condition: String,
    },
    /// It exists already.
    #[error("{target} exists already")]
    Conflict {
        /// What the request was about.
        target: Target,
    },
    /// The service does not do this.
    #[error("{target}: the service does not support this{}", in_parentheses(feature.as_deref()))]
    Unsupported {
        /// What the request was about.
        target: Target,
        /// The feature that is missing, when the service says.
        feature: Option<String>,
    },
    /// The answer did not come in time. Whether the request took effect is unknown.
    #[error("{target}: no answer within {after:?}")]
    Timeout {
        /// What the request was about.
        target: Target,
        /// How long it was waited for.
        after: Duration,
    },
    /// There was no connection, or it broke before the answer came.
    #[error("{target}: not connected")]
    Disconnected {
        /// What the request was about.
        target: Target,
    },
    /// Too many requests wait already. Nothing was sent.
    #[error("{target}: too many requests are waiting")]
    QueueFull {
        /// What the request was about.
        target: Target,
    },
    /// The session is closed. Nothing was sent.
    #[error("{target}: the session is closed")]
    SessionClosed {
        /// What the request was about.
        target: Target,
    },
    /// The answer is not what the protocol says.
    #[error("{target}: the answer cannot be read ({reason})")]
    AnswerMalformed {
        /// What the request was about.
        target: Target,
        /// What is wrong with it.
        reason: String,
    },
    /// Any other refusal.
    #[error("{target}: refused with {condition}{}", in_parentheses(text.as_deref()))]
    Refused {
        /// What the request was about.
        target: Target,
        /// The condition of RFC 6120 or XEP-0060, the more specific of the two.
        condition: String,
        /// What the service says about it.
        text: Option<String>,
        /// Whether the service says that it passes.
        is_temporary: bool,
    },
}

impl PubSubError {
    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::NoSuchService { .. }
            | Self::Timeout { .. }
            | Self::Disconnected { .. }
            | Self::QueueFull { .. } => true,
            Self::Refused { is_temporary, .. } => *is_temporary,
            _ => false,
        }
    }

    /// What the request was about.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Self::NotFound { target }
            | Self::Forbidden { target }
            | Self::Closed { target, .. }
            | Self::PayloadTooBig { target }
            | Self::PayloadMalformed { target, .. }
            | Self::PreconditionNotMet { target, .. }
            | Self::RateLimited { target, .. }
            | Self::NoSuchService { target, .. }
            | Self::Conflict { target }
            | Self::Unsupported { target, .. }
            | Self::Timeout { target, .. }
            | Self::Disconnected { target }
            | Self::QueueFull { target }
            | Self::SessionClosed { target }
            | Self::AnswerMalformed { target, .. }
            | Self::Refused { target, .. } => target,
        }
    }

    /// The node that the request was about.
    #[must_use]
    pub fn node(&self) -> Option<&NodeName> {
        match self.target() {
            Target::Node(node) => Some(node),
            Target::Service(_) => None,
        }
    }
}

fn in_parentheses(text: Option<&str>) -> String {
    text.map(|text| format!(" ({text})")).unwrap_or_default()
}
