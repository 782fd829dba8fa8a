//! Between text and the service's vocabulary: reads stanzas into requests and writes replies, errors and notifications.
//!
//! Everything here is a pure function of text; there is no state and no socket. Writers append to a buffer and never build a tree.

pub(crate) mod archive;
pub(crate) mod authorization;
pub(crate) mod body;
mod changes;
pub(crate) mod command;
pub(crate) mod disco;
pub(crate) mod error;
pub(crate) mod form;
pub(crate) mod management;
pub(crate) mod message;
pub(crate) mod notification;
pub(crate) mod page;
pub(crate) mod presence;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod roster;
pub(crate) mod sasl;
pub(crate) mod standalone;
pub(crate) mod stanza;
pub(crate) mod stream;

use crate::service::personal;

/// The namespaces that more than one file speaks of.
pub(crate) mod namespace {
    pub(crate) const CAPS: &str = "http://jabber.org/protocol/caps";
    pub(crate) const CARBONS: &str = "urn:xmpp:carbons:2";
    pub(crate) const CLIENT: &str = "jabber:client";
    pub(crate) const DATA_FORM: &str = "jabber:x:data";
    pub(crate) const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
    pub(crate) const ARCHIVE: &str = "urn:xmpp:mam:2";
    pub(crate) const COMMANDS: &str = "http://jabber.org/protocol/commands";
    pub(crate) const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
    pub(crate) const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
    pub(crate) const HINTS: &str = "urn:xmpp:hints";
    pub(crate) const HTTP_BIND: &str = "http://jabber.org/protocol/httpbind";
    pub(crate) const PAGE: &str = "http://jabber.org/protocol/rsm";
    pub(crate) const PING: &str = "urn:xmpp:ping";
    pub(crate) const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
    pub(crate) const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
    pub(crate) const REGISTER: &str = "jabber:iq:register";
    pub(crate) const ROSTER: &str = "jabber:iq:roster";
    pub(crate) const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
    pub(crate) const SASL2: &str = "urn:xmpp:sasl:2";
    pub(crate) const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
    pub(crate) const STREAM: &str = "http://etherx.jabber.org/streams";
    pub(crate) const STREAM_MANAGEMENT: &str = "urn:xmpp:sm:3";
    pub(crate) const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
    pub(crate) const XBOSH: &str = "urn:xmpp:xbosh";
    pub(crate) const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
    pub(crate) const BIND2: &str = "urn:xmpp:bind:0";
}

/// Appends ` name='value'`.
pub(crate) fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("='");
    escaped(out, value);
    out.push('\'');
}

/// Appends a value as the inside of an attribute.
pub(crate) fn escaped(out: &mut String, value: &str) {
    // Names and values here were read from XML or checked on the way in, so XML can carry them, except the names of nodes of accounts.
    if pubsub_xml::escape_attribute(out, value).is_err() {
        let _ = pubsub_xml::escape_attribute(out, &personal::shown(value));
    }
}

/// Appends character data.
pub(crate) fn text(out: &mut String, value: &str) {
    if pubsub_xml::escape_text(out, value).is_err() {
        let _ = pubsub_xml::escape_text(out, &personal::shown(value));
    }
}
