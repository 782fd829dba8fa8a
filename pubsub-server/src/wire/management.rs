//! The words of stream management (XEP-0198).

use pubsub_xml::Reader;

use super::attribute;

/// The session that is to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resumption {
    pub(crate) previous: String,
    /// How many stanzas the client has handled, if it says so.
    pub(crate) handled: Option<u32>,
}

/// What `<resume/>` says, which was entered.
pub(crate) fn read_resumption(reader: &Reader<'_>) -> Resumption {
    Resumption {
        previous: reader.attribute("previd").unwrap_or_default().into_owned(),
        handled: reader
            .attribute("h")
            .and_then(|handled| handled.parse().ok()),
    }
}

/// Whether `<enable/>` of stream management, which was entered, asks for a session that can be resumed.
pub(crate) fn wants_resumption(reader: &Reader<'_>) -> bool {
    reader
        .attribute("resume")
        .is_some_and(|word| word == "true" || word == "1")
}

/// `<enabled/>` of stream management; without a resumption id it cannot be resumed.
pub(crate) fn write_enabled(out: &mut String, resumption: Option<(&str, u64)>) {
    out.push_str("<enabled xmlns='urn:xmpp:sm:3'");
    if let Some((id, seconds)) = resumption {
        attribute(out, "id", id);
        attribute(out, "resume", "true");
        attribute(out, "max", &seconds.to_string());
    }
    out.push_str("/>");
}

/// `<resumed/>` of stream management.
pub(crate) fn write_resumed(out: &mut String, previous: &str, handled: u32) {
    out.push_str("<resumed xmlns='urn:xmpp:sm:3'");
    attribute(out, "previd", previous);
    attribute(out, "h", &handled.to_string());
    out.push_str("/>");
}

/// `<a/>` of stream management.
pub(crate) fn write_acknowledgement(out: &mut String, handled: u32) {
    out.push_str("<a xmlns='urn:xmpp:sm:3'");
    attribute(out, "h", &handled.to_string());
    out.push_str("/>");
}

/// `<failed/>` of stream management.
pub(crate) fn write_failed(out: &mut String, condition: &str) {
    out.push_str("<failed xmlns='urn:xmpp:sm:3'><");
    out.push_str(condition);
    out.push_str(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
}

/// `<r/>` of stream management.
pub(crate) const REQUEST_ACKNOWLEDGEMENT: &str = "<r xmlns='urn:xmpp:sm:3'/>";
