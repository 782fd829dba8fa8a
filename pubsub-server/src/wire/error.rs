//! Writes stanza errors (RFC 6120 §8.3), those of the service with their `pubsub#errors` condition.

use super::{attribute, reply, text};
use crate::service::error::ServiceError;

/// A stanza error outside the PubSub service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StanzaError {
    pub(crate) kind: &'static str,
    pub(crate) condition: &'static str,
    pub(crate) text: &'static str,
}

impl StanzaError {
    const fn new(kind: &'static str, condition: &'static str, text: &'static str) -> Self {
        Self {
            kind,
            condition,
            text,
        }
    }

    pub(crate) const SERVICE_UNAVAILABLE: Self =
        Self::new("cancel", "service-unavailable", "nobody there handles this");
    pub(crate) const NO_RECIPIENT: Self =
        Self::new("cancel", "service-unavailable", "there is no such account");
    pub(crate) const NOT_KEPT: Self = Self::new(
        "cancel",
        "service-unavailable",
        "the recipient is not connected, and this message is not to be kept",
    );
    pub(crate) const OFFLINE_FULL: Self = Self::new(
        "wait",
        "service-unavailable",
        "the recipient is not connected, and no more messages are kept for it; try again later",
    );
    pub(crate) const NO_ROSTER: Self = Self::new(
        "cancel",
        "not-allowed",
        "an anonymous user has no roster; log in with an account to have contacts",
    );
    pub(crate) const NO_NODES: Self = Self::new(
        "cancel",
        "not-allowed",
        "an anonymous user has no nodes of its own; log in with an account to have some",
    );
    pub(crate) const NO_CONTACT: Self =
        Self::new("cancel", "item-not-found", "the roster has no such contact");
    pub(crate) const OWN_CONTACT: Self = Self::new(
        "cancel",
        "not-allowed",
        "an account is no contact of itself",
    );
    pub(crate) const BAD_CONTACT: Self = Self::new(
        "modify",
        "bad-request",
        "a roster set holds exactly one item with a JID, and each group once",
    );
    pub(crate) const LONG_CONTACT: Self = Self::new(
        "modify",
        "not-acceptable",
        "names and groups have at most 1023 bytes, a group at least one, and a contact is in at most 32 groups",
    );
    pub(crate) const ROSTER_FULL: Self = Self::new(
        "wait",
        "resource-constraint",
        "the roster is full; remove a contact first",
    );
    pub(crate) const LONG_PRESENCE: Self = Self::new(
        "modify",
        "policy-violation",
        "a presence has at most 16 KiB",
    );
    pub(crate) const BAD_PRIORITY: Self = Self::new(
        "modify",
        "bad-request",
        "a priority is a number from -128 to 127",
    );
    pub(crate) const TOO_MANY_DIRECTED: Self = Self::new(
        "wait",
        "resource-constraint",
        "presence went to 1000 addresses in particular already",
    );
    pub(crate) const NO_PRESENCE: Self = Self::new(
        "cancel",
        "service-unavailable",
        "nobody there has presence to subscribe to",
    );
    pub(crate) const NOBODY_THERE: Self = Self::new(
        "wait",
        "service-unavailable",
        "nobody speaks for that address now",
    );
    pub(crate) const OTHER_SERVER: Self = Self::new(
        "cancel",
        "remote-server-not-found",
        "this server does not connect to others",
    );
    pub(crate) const BAD_REQUEST: Self =
        Self::new("modify", "bad-request", "the request is malformed");
    pub(crate) const BAD_ADDRESS: Self = Self::new(
        "modify",
        "jid-malformed",
        "the address in 'to' is not a JID",
    );
    pub(crate) const NODE_NOT_FOUND: Self =
        Self::new("cancel", "item-not-found", "there is no such node");
    pub(crate) const OWNS_NOTHING: Self =
        Self::new("auth", "forbidden", "you own no node at this service");
    pub(crate) const BAD_SESSION: Self = Self::new(
        "modify",
        "bad-request",
        "there is no such session of this command",
    );
    pub(crate) const CLOSED: Self = Self::new(
        "cancel",
        "not-allowed",
        "registration is closed on this server",
    );
    pub(crate) const ANONYMOUS: Self = Self::new(
        "cancel",
        "not-allowed",
        "an anonymous user has no account to change",
    );
    pub(crate) const TAKEN: Self = Self::new("cancel", "conflict", "that username is taken");
    pub(crate) const BAD_ACCOUNT: Self = Self::new(
        "modify",
        "not-acceptable",
        "a username that is a valid JID part and a password are required",
    );
    pub(crate) const TOO_OFTEN: Self = Self::new(
        "wait",
        "resource-constraint",
        "too many registrations from this address within an hour; try again in an hour at the latest",
    );
    pub(crate) const TOO_OFTEN_ALL: Self = Self::new(
        "wait",
        "resource-constraint",
        "too many registrations at this server within an hour; try again in an hour at the latest",
    );
    pub(crate) const TOO_MANY_RESOURCES: Self = Self::new(
        "wait",
        "resource-constraint",
        "the account has too many connected resources",
    );
    pub(crate) const ADMINS_ONLY: Self = Self::new(
        "auth",
        "forbidden",
        "only administrators may do that (admins in the configuration of the server)",
    );
    pub(crate) const NO_COMMAND: Self =
        Self::new("cancel", "item-not-found", "there is no such command");
    pub(crate) const NO_ACCOUNT: Self =
        Self::new("cancel", "item-not-found", "there is no such account");
    pub(crate) const NOT_HERE: Self = Self::new(
        "cancel",
        "feature-not-implemented",
        "these accounts cannot be changed here; do it where they are kept",
    );
    pub(crate) const NOT_KEPT_YET: Self = Self::new(
        "wait",
        "internal-server-error",
        "it is done, but could not be kept yet; the server goes on trying",
    );
    pub(crate) const INTERNAL: Self = Self::new(
        "wait",
        "internal-server-error",
        "the server could not do it",
    );
}

/// The `<error/>` of a stanza.
pub(crate) fn write(out: &mut String, error: StanzaError) {
    open(out, error.kind, error.condition);
    write_text(out, error.text);
    out.push_str("</error>");
}

/// The `<error/>` of a refusal by the service, and before it what was to be changed and is not.
pub(crate) fn write_service(out: &mut String, error: &ServiceError) {
    if let ServiceError::Unchanged { node, entries, .. } = error {
        reply::write_unchanged(out, node, entries);
    }
    let condition = error.condition();
    open(out, condition.kind, condition.defined);
    write_text(out, &error.to_string());
    if !condition.specific.is_empty() {
        out.push('<');
        out.push_str(condition.specific);
        out.push_str(" xmlns='http://jabber.org/protocol/pubsub#errors'");
        if let Some(feature) = condition.feature {
            attribute(out, "feature", feature);
        }
        out.push_str("/>");
    }
    out.push_str("</error>");
}

fn open(out: &mut String, kind: &str, condition: &str) {
    out.push_str("<error");
    attribute(out, "type", kind);
    out.push_str("><");
    out.push_str(condition);
    out.push_str(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
}

fn write_text(out: &mut String, words: &str) {
    out.push_str("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>");
    text(out, words);
    out.push_str("</text>");
}
