//! What travels over the wire, as pure functions: writing requests into a buffer, reading what arrives.
//!
//! Knows the XML of RFC 6120, XEP-0060 and XEP-0198; knows no socket, no time and no state of the session.

mod arrival;
mod identifier;
mod notice;
mod outgoing;
mod stream_error;

pub(in crate::session) use self::arrival::{Answer, Arrival, Query, arrival};
pub(in crate::session) use self::identifier::RequestId;
pub(in crate::session) use self::notice::{Notice, NoticeKind, notices};
pub(in crate::session) use self::outgoing::{Heads, attribute, text};
pub(in crate::session) use self::stream_error::stream_error;

/// Namespaces, each written once.
pub(in crate::session) mod namespace {
    pub(in crate::session) const CLIENT: &str = "jabber:client";
    pub(in crate::session) const COMPONENT: &str = "jabber:component:accept";
    pub(in crate::session) const DATA: &str = "jabber:x:data";
    pub(in crate::session) const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
    pub(in crate::session) const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
    pub(in crate::session) const PING: &str = "urn:xmpp:ping";
    pub(in crate::session) const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
    pub(in crate::session) const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
    pub(in crate::session) const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
    pub(in crate::session) const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
    pub(in crate::session) const RSM: &str = "http://jabber.org/protocol/rsm";
    pub(in crate::session) const SM: &str = "urn:xmpp:sm:3";
    pub(in crate::session) const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
    pub(in crate::session) const STREAM: &str = "http://etherx.jabber.org/streams";
    pub(in crate::session) const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
}
