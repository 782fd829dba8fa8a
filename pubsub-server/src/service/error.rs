//! Every refusal the service knows: one variant per condition of XEP-0060, each with its stanza error, its `pubsub#errors`
//! condition and a sentence that names the node and the setting which caused it. Knows no XML; `wire::error` writes it.

use std::sync::Arc;

use super::access::Affiliation;
use super::terms::SubscriptionState;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("node \"{node}\" exists already")]
    NodeExists { node: Arc<str> },
    #[error("node \"{node}\" does not exist")]
    NodeNotFound { node: Arc<str> },
    #[error(
        "node \"{node}\" does not exist and only accounts may create nodes, not anonymous users"
    )]
    CreationForbidden { node: Arc<str> },
    #[error("node \"{node}\" has no item \"{item}\"")]
    ItemNotFound { node: Arc<str>, item: Arc<str> },
    #[error("the list has no entry with the id that the page is to begin at")]
    NotOnTheList,
    #[error("a node name is required")]
    NodeRequired,
    #[error("{reason}")]
    BadName { reason: String },
    #[error("at least one item is required")]
    ItemRequired,
    #[error(
        "node \"{node}\" carries notifications only: pubsub#deliver_payloads and pubsub#persist_items are off, so publish no item"
    )]
    ItemForbidden { node: Arc<str> },
    #[error("node \"{node}\" needs a payload in every item: pubsub#deliver_payloads is on")]
    PayloadRequired { node: Arc<str> },
    #[error("an item carries exactly one payload element")]
    InvalidPayload,
    #[error(
        "the payload has {size} bytes and node \"{node}\" accepts {limit}: pubsub#max_payload_size"
    )]
    PayloadTooBig {
        node: Arc<str>,
        size: usize,
        limit: usize,
    },
    #[error("{count} items in one publish and node \"{node}\" keeps {limit}: pubsub#max_items")]
    MaxItemsExceeded {
        node: Arc<str>,
        count: usize,
        limit: usize,
    },
    #[error("affiliation \"{}\" at node \"{node}\" does not allow this: {action} needs {needed}", .affiliation.as_str())]
    Forbidden {
        node: Arc<str>,
        affiliation: Affiliation,
        action: &'static str,
        needed: &'static str,
    },
    #[error("node \"{node}\" is open to its members only: pubsub#access_model is whitelist")]
    ClosedNode { node: Arc<str> },
    #[error(
        "node \"{node}\" is open to those who may see the presence of its owner: pubsub#access_model is presence"
    )]
    PresenceRequired { node: Arc<str> },
    #[error(
        "node \"{node}\" is open to groups of its owner's roster: pubsub#access_model is roster and pubsub#roster_groups_allowed names them"
    )]
    NotInRosterGroup { node: Arc<str> },
    #[error(
        "node \"{node}\" is open to those whose subscription an owner has approved: pubsub#access_model is authorize"
    )]
    ApprovalRequired { node: Arc<str> },
    #[error(
        "node \"{node}\" is for accounts, and you have logged in without one: its name begins with \"{prefix}\", which is among the accounts_only of this server"
    )]
    AccountsOnly { node: Arc<str>, prefix: Arc<str> },
    #[error("the subscriber must be the sender's own bare JID or full JID")]
    InvalidJid,
    #[error("a subscriber's JID is required")]
    JidRequired,
    #[error("there is no subscription of {jid} to node \"{node}\"")]
    NotSubscribed { node: Arc<str>, jid: Arc<str> },
    #[error("the subscription of {jid} to node \"{node}\" has another subid")]
    InvalidSubscriptionId { node: Arc<str>, jid: Arc<str> },
    #[error("node \"{node}\" holds {limit} subscriptions already, the limit of this service")]
    TooManySubscriptions { node: Arc<str>, limit: usize },
    #[error(
        "node \"{node}\" does not exist, and this account, or all together, await as many nodes as this service allows ({limit})"
    )]
    TooManyAwaited { node: Arc<str>, limit: usize },
    #[error("this service holds {limit} nodes already, its limit")]
    MaxNodesExceeded { limit: usize },
    #[error(
        "{creator} has created {limit} nodes already, the limit of this service: nodes_per_account"
    )]
    TooManyNodes { creator: Arc<str>, limit: usize },
    #[error("this service holds {limit} bytes already, its limit: stored_bytes")]
    StorageFull { limit: usize },
    #[error("node \"{node}\" holds {limit} affiliations already, the limit of this service")]
    TooManyAffiliations { node: Arc<str>, limit: usize },
    #[error("node \"{node}\" does not meet the publish-options: {fields}")]
    PreconditionNotMet { node: Arc<str>, fields: String },
    #[error(
        "the subscription of {jid} to node \"{node}\" waits for the approval of an owner: pubsub#access_model is authorize"
    )]
    PendingSubscription { node: Arc<str>, jid: Arc<str> },
    #[error("no subscription of {jid} to node \"{node}\" waits for approval")]
    NotPending { node: Arc<str>, jid: Arc<str> },
    #[error("{jid} has several subscriptions to node \"{node}\"; say which by its subid")]
    SubscriptionIdRequired { node: Arc<str>, jid: Arc<str> },
    #[error("{jid} is not an address of yours")]
    NotYours { jid: Arc<str> },
    #[error("{reason}")]
    InvalidSubscriptionOption { reason: String },
    #[error("{reason}")]
    InvalidOption { reason: String },
    #[error(
        "pubsub#access_model cannot be \"{model}\"; write open, presence, roster, authorize or whitelist"
    )]
    UnsupportedAccessModel { model: String },
    #[error("node \"{node}\" takes no subscriptions: pubsub#subscribe is off")]
    SubscriptionsClosed { node: Arc<str> },
    /// A change of several entries was refused, and none was made.
    #[error("{cause}")]
    Unchanged {
        cause: Box<ServiceError>,
        node: Arc<str>,
        entries: Entries,
    },
    #[error("node \"{node}\" keeps no items: pubsub#persist_items is off")]
    NotPersistent { node: Arc<str> },
    #[error("this service does not support \"{feature}\"")]
    Unsupported { feature: &'static str },
    #[error("node \"{node}\" would lose its last owner")]
    LastOwner { node: Arc<str> },
    #[error("{reason}")]
    BadRequest { reason: &'static str },
    #[error("the storage of this service refused the change; nothing was changed")]
    StorageFailed,
    #[error("{limit} bytes of changes wait for the storage of this service already, its limit")]
    StorageBusy { limit: usize },
}

/// What somebody wanted to change, as it is (XEP-0060 §8.8.2.4, §8.9.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entries {
    Affiliations(Vec<(Arc<str>, Affiliation)>),
    /// Each JID with its subscription, if it has one.
    Subscriptions(Vec<(Arc<str>, Option<Present>)>),
}

/// Id and state of a subscription.
pub(crate) type Present = (Arc<str>, SubscriptionState);

/// The stanza error (RFC 6120 §8.3.3) and the `pubsub#errors` condition of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// `cancel`, `modify`, `auth` or `wait`.
    pub(crate) kind: &'static str,
    /// The defined condition in `urn:ietf:params:xml:ns:xmpp-stanzas`.
    pub(crate) defined: &'static str,
    /// The element in `http://jabber.org/protocol/pubsub#errors`; empty when the standard has none.
    pub(crate) specific: &'static str,
    /// The value of the `feature` attribute of `<unsupported/>`.
    pub(crate) feature: Option<&'static str>,
}

impl ServiceError {
    /// The table of conditions: what goes on the wire for each refusal.
    pub(crate) fn condition(&self) -> Condition {
        let (kind, defined, specific) = match self {
            Self::NodeExists { .. } => ("cancel", "conflict", ""),
            Self::NodeNotFound { .. }
            | Self::NotOnTheList
            | Self::ItemNotFound { .. }
            | Self::NotPending { .. } => ("cancel", "item-not-found", ""),
            Self::CreationForbidden { .. }
            | Self::Forbidden { .. }
            | Self::NotYours { .. }
            | Self::AccountsOnly { .. } => ("auth", "forbidden", ""),
            Self::NodeRequired => ("modify", "bad-request", "nodeid-required"),
            Self::BadName { .. } | Self::LastOwner { .. } => ("modify", "not-acceptable", ""),
            Self::ItemRequired => ("modify", "bad-request", "item-required"),
            Self::ItemForbidden { .. } => ("modify", "bad-request", "item-forbidden"),
            Self::PayloadRequired { .. } => ("modify", "bad-request", "payload-required"),
            Self::InvalidPayload => ("modify", "bad-request", "invalid-payload"),
            Self::PayloadTooBig { .. } => ("modify", "not-acceptable", "payload-too-big"),
            Self::MaxItemsExceeded { .. } => ("cancel", "not-allowed", "max-items-exceeded"),
            Self::ClosedNode { .. } => ("cancel", "not-allowed", "closed-node"),
            Self::PresenceRequired { .. } => {
                ("auth", "not-authorized", "presence-subscription-required")
            }
            Self::NotInRosterGroup { .. } => ("auth", "not-authorized", "not-in-roster-group"),
            Self::ApprovalRequired { .. } => ("auth", "not-authorized", "not-subscribed"),
            Self::PendingSubscription { .. } => ("auth", "not-authorized", "pending-subscription"),
            Self::SubscriptionIdRequired { .. } => ("modify", "bad-request", "subid-required"),
            Self::InvalidSubscriptionOption { .. } => ("modify", "bad-request", "invalid-options"),
            Self::InvalidJid => ("modify", "bad-request", "invalid-jid"),
            Self::JidRequired => ("modify", "bad-request", "jid-required"),
            Self::NotSubscribed { .. } => ("cancel", "unexpected-request", "not-subscribed"),
            Self::InvalidSubscriptionId { .. } => ("modify", "not-acceptable", "invalid-subid"),
            Self::TooManySubscriptions { .. } | Self::TooManyAwaited { .. } => {
                ("wait", "policy-violation", "too-many-subscriptions")
            }
            Self::MaxNodesExceeded { .. } | Self::TooManyNodes { .. } => {
                ("wait", "policy-violation", "max-nodes-exceeded")
            }
            Self::StorageFull { .. }
            | Self::TooManyAffiliations { .. }
            | Self::StorageBusy { .. } => ("wait", "resource-constraint", ""),
            Self::PreconditionNotMet { .. } => ("cancel", "conflict", "precondition-not-met"),
            Self::InvalidOption { .. } => ("modify", "not-acceptable", "invalid-options"),
            Self::UnsupportedAccessModel { .. } => {
                ("modify", "not-acceptable", "unsupported-access-model")
            }
            Self::Unchanged { cause, .. } => return cause.condition(),
            Self::NotPersistent { .. }
            | Self::SubscriptionsClosed { .. }
            | Self::Unsupported { .. } => ("cancel", "feature-not-implemented", "unsupported"),
            Self::BadRequest { .. } => ("modify", "bad-request", ""),
            Self::StorageFailed => ("wait", "internal-server-error", ""),
        };
        let feature = match self {
            Self::NotPersistent { .. } => Some("persistent-items"),
            Self::SubscriptionsClosed { .. } => Some("subscribe"),
            Self::Unsupported { feature } => Some(*feature),
            _ => None,
        };
        Condition {
            kind,
            defined,
            specific,
            feature,
        }
    }
}
