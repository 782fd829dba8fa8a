//! The stream around the stanzas (RFC 6120 §4): its header, features and errors.

use super::{attribute, sasl, text};

/// A fatal error of a stream (RFC 6120 §4.9.3), after which it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamError {
    NotWellFormed,
    RestrictedXml,
    BadFormat,
    InvalidNamespace,
    InvalidFrom,
    ImproperAddressing,
    HostUnknown,
    UnsupportedVersion,
    UnsupportedStanzaType,
    NotAuthorized,
    TooBig,
    TooDeep,
    TooManyConnections,
    TooManyAttempts,
    SlowReader,
    Conflict,
    TimedOut,
    Shutdown,
    AccountRemoved,
    AccountDisabled,
    SessionEnded,
    HandledCountTooHigh { handled: u32, sent: u32 },
}

impl StreamError {
    /// The defined condition and the text that goes with it.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotWellFormed => ("not-well-formed", "the XML is not well-formed"),
            Self::RestrictedXml => (
                "restricted-xml",
                "comments, processing instructions, document types and entities are not allowed",
            ),
            Self::BadFormat => ("bad-format", "the stream cannot be read"),
            Self::InvalidNamespace => (
                "invalid-namespace",
                "the stream is not one of jabber:client",
            ),
            Self::InvalidFrom => (
                "invalid-from",
                "the 'from' of a stanza is not the sender's own address",
            ),
            Self::ImproperAddressing => (
                "improper-addressing",
                "a component says who speaks and to whom",
            ),
            Self::HostUnknown => ("host-unknown", "this server does not serve that domain"),
            Self::UnsupportedVersion => ("unsupported-version", "XMPP 1.0 is spoken here"),
            Self::UnsupportedStanzaType => (
                "unsupported-stanza-type",
                "that element is not expected here",
            ),
            Self::NotAuthorized => ("not-authorized", "log in first"),
            Self::TooBig => (
                "policy-violation",
                "a stanza is larger than this server accepts",
            ),
            Self::TooDeep => (
                "policy-violation",
                "a stanza is nested deeper than this server accepts",
            ),
            Self::TooManyConnections => ("resource-constraint", "there are too many connections"),
            Self::TooManyAttempts => ("policy-violation", "too many attempts to log in"),
            Self::SlowReader => (
                "policy-violation",
                "too much is waiting to be read by this client",
            ),
            Self::Conflict => ("conflict", "the same resource has connected again"),
            Self::TimedOut => ("connection-timeout", "nothing was heard for too long"),
            Self::Shutdown => ("system-shutdown", "the server is going down"),
            Self::AccountRemoved => ("not-authorized", "the account was removed"),
            Self::AccountDisabled => ("not-authorized", "the account was disabled"),
            Self::SessionEnded => ("not-authorized", "an administrator has ended the session"),
            Self::HandledCountTooHigh { .. } => (
                "undefined-condition",
                "more stanzas were acknowledged than were sent",
            ),
        }
    }

    /// The whole error; the end of the stream is for the caller to write.
    pub(crate) fn write(self, out: &mut String) {
        let (condition, words) = self.words();
        out.push_str("<stream:error><");
        out.push_str(condition);
        out.push_str(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        out.push_str("<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>");
        text(out, words);
        out.push_str("</text>");
        if let Self::HandledCountTooHigh { handled, sent } = self {
            out.push_str("<handled-count-too-high xmlns='urn:xmpp:sm:3'");
            attribute(out, "h", &handled.to_string());
            attribute(out, "send-count", &sent.to_string());
            out.push_str("/>");
        }
        out.push_str("</stream:error>");
    }
}

/// The server's stream header.
pub(crate) fn write_header(out: &mut String, domain: &str, id: &str) {
    out.push_str("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'");
    attribute(out, "from", domain);
    attribute(out, "id", id);
    out.push_str(" version='1.0' xml:lang='en'>");
}

/// The server's stream header for a component (XEP-0114): `from` is the component's own domain.
pub(crate) fn write_component_header(out: &mut String, domain: &str, id: &str) {
    out.push_str("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'");
    attribute(out, "from", domain);
    attribute(out, "id", id);
    out.push('>');
}

/// How the offer to encrypt is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starttls {
    Optional,
    Required,
}

/// The features before authentication.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entrance {
    /// Whether one can encrypt, and whether one must: then nothing else is offered (RFC 6120 §5.3.1).
    pub(crate) starttls: Option<Starttls>,
    /// Whether a login can be bound to the connection (XEP-0440).
    pub(crate) is_bindable: bool,
    /// Whether the stream can be managed (XEP-0198).
    pub(crate) is_managed: bool,
    pub(crate) may_register: bool,
}

impl Entrance {
    pub(crate) fn write<'m>(
        self,
        out: &mut String,
        mechanisms: impl Iterator<Item = &'m str> + Clone,
    ) {
        out.push_str("<stream:features>");
        if let Some(starttls) = self.starttls {
            out.push_str("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>");
            out.push_str(match starttls {
                Starttls::Required => "<required/>",
                Starttls::Optional => "<optional/>",
            });
            out.push_str("</starttls>");
        }
        if self.starttls != Some(Starttls::Required) {
            self.write_login(out, mechanisms);
        }
        out.push_str("</stream:features>");
    }

    fn write_login<'m>(self, out: &mut String, mechanisms: impl Iterator<Item = &'m str> + Clone) {
        sasl::write_offer(out, mechanisms, self.is_managed);
        if self.is_bindable {
            out.push_str(
                "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>",
            );
        }
        if self.may_register {
            out.push_str("<register xmlns='http://jabber.org/features/iq-register'/>");
        }
    }
}

/// The answers to `<starttls/>` (RFC 6120 §5.4.2).
pub(crate) const PROCEED: &str = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/// The features after authentication: binding, the session that means nothing any more, and stream management where it is offered.
pub(crate) fn features_authenticated(is_managed: bool) -> &'static str {
    if is_managed {
        "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
        <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><ver xmlns='urn:xmpp:features:rosterver'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>"
    } else {
        "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
        <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>"
    }
}

/// The features after a resource was bound, or a session resumed, together with the login.
pub(crate) const FEATURES_BOUND: &str =
    "<stream:features><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>";
