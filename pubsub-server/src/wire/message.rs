//! Messages between people (RFC 6121 §5), as far as the server has to understand them, and what it wraps around them.

use pubsub_xml::{Reader, Scope, XmlError};

use super::{attribute, namespace, standalone};

/// What a message asks of the servers on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word in the message"
)]
pub(crate) struct Traits {
    pub(crate) has_body: bool,
    /// Not to be kept (XEP-0334), or so short-lived that nobody misses it.
    pub(crate) is_fleeting: bool,
    /// Not to be copied to other clients (XEP-0280 §6, XEP-0334).
    pub(crate) is_private: bool,
    /// To be kept even without a body (XEP-0334 `store`).
    pub(crate) is_worth_keeping: bool,
    /// Something that belongs to a conversation, and is copied like one.
    pub(crate) is_talk: bool,
    /// A copy itself, or to do with a room.
    pub(crate) is_no_talk: bool,
}

impl Traits {
    /// Reads a whole message.
    pub(crate) fn read(message: &str) -> Result<Self, XmlError> {
        let scope = Scope::default().with_default(namespace::CLIENT);
        let mut reader = Reader::with_scope(message, &scope);
        reader.root()?;
        let mut traits = Self::default();
        while let Some(name) = reader.child()? {
            match (name.local, &*name.namespace) {
                ("body", namespace::CLIENT) => traits.has_body = true,
                ("no-store" | "no-permanent-store", namespace::HINTS) => traits.is_fleeting = true,
                ("no-copy", namespace::HINTS) | ("private", namespace::CARBONS) => {
                    traits.is_private = true;
                }
                ("store", namespace::HINTS) => traits.is_worth_keeping = true,
                ("sent" | "received", namespace::CARBONS) => traits.is_no_talk = true,
                ("x", space) if space.starts_with("http://jabber.org/protocol/muc") => {
                    traits.is_no_talk = true;
                }
                (_, "urn:xmpp:receipts" | "urn:xmpp:chat-markers:0") => traits.is_talk = true,
                _ => {}
            }
            reader.skip()?;
        }
        Ok(traits)
    }

    /// The same with the `type` of what may be any stanza; only a message has traits.
    pub(crate) fn of_message(stanza: &str) -> Result<(String, Self), XmlError> {
        let scope = Scope::default().with_default(namespace::CLIENT);
        let mut reader = Reader::with_scope(stanza, &scope);
        if !reader.root()?.is("message", namespace::CLIENT) {
            return Ok((String::new(), Self::default()));
        }
        let variant = reader.attribute("type").unwrap_or_default().into_owned();
        Ok((variant, Self::read(stanza)?))
    }

    /// Whether the other clients of both sides get copies (XEP-0280 §6.1).
    pub(crate) fn is_copied(self, variant: &str) -> bool {
        let is_talk = match variant {
            "chat" => true,
            "" | "normal" => self.has_body || self.is_talk,
            _ => false,
        };
        is_talk && !self.is_private && !self.is_no_talk
    }

    /// Whether it waits for an account of which nobody is there (XEP-0160 §3).
    pub(crate) fn is_kept(self, variant: &str) -> bool {
        matches!(variant, "" | "normal" | "chat")
            && (self.has_body || self.is_worth_keeping || self.is_talk)
            && !self.is_fleeting
    }
}

/// A copy of a message for another client of the same account (XEP-0280 §7, §8): `sent` or `received`.
pub(crate) fn write_copy(
    out: &mut String,
    way: &str,
    bare: &str,
    full: &str,
    variant: &str,
    message: &str,
) {
    out.push_str("<message");
    attribute(out, "from", bare);
    attribute(out, "to", full);
    if !variant.is_empty() {
        attribute(out, "type", variant);
    }
    out.push_str("><");
    out.push_str(way);
    out.push_str(" xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>");
    out.push_str(&standalone::of(message));
    out.push_str("</forwarded></");
    out.push_str(way);
    out.push_str("></message>");
}

/// The message with the time since when it waits (XEP-0203).
pub(crate) fn delayed(message: &str, domain: &str, stamp: &str) -> String {
    let mut mark = String::from("<delay xmlns='urn:xmpp:delay'");
    attribute(&mut mark, "from", domain);
    // It has waited before, and was not taken.
    if message.contains(&mark) {
        return message.to_owned();
    }
    let body = message.strip_suffix("</message>").unwrap_or(message);
    let mut out = String::with_capacity(message.len() + 96);
    out.push_str(body);
    out.push_str(&mark);
    attribute(&mut out, "stamp", stamp);
    out.push_str("/></message>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_and_what_is_copied() {
        let hint = |name: &str| format!("<body>x</body><{name} xmlns='urn:xmpp:hints'/>");
        for (variant, inner, is_kept, is_copied) in [
            ("chat", "<body>x</body>".to_owned(), true, true),
            ("", "<body>x</body>".to_owned(), true, true),
            ("normal", "<subject>x</subject>".to_owned(), false, false),
            ("headline", "<body>x</body>".to_owned(), false, false),
            ("groupchat", "<body>x</body>".to_owned(), false, false),
            ("error", "<body>x</body>".to_owned(), false, false),
            (
                "chat",
                "<active xmlns='http://jabber.org/protocol/chatstates'/>".to_owned(),
                false,
                true,
            ),
            (
                "",
                "<received xmlns='urn:xmpp:receipts' id='1'/>".to_owned(),
                true,
                true,
            ),
            ("chat", hint("no-store"), false, true),
            ("chat", hint("no-copy"), true, false),
            (
                "chat",
                "<body>x</body><private xmlns='urn:xmpp:carbons:2'/>".to_owned(),
                true,
                false,
            ),
            (
                "chat",
                "<sent xmlns='urn:xmpp:carbons:2'/>".to_owned(),
                false,
                false,
            ),
            (
                "chat",
                "<body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/>".to_owned(),
                true,
                false,
            ),
            (
                "chat",
                "<store xmlns='urn:xmpp:hints'/>".to_owned(),
                true,
                true,
            ),
        ] {
            let message = format!("<message from='a@x'>{inner}</message>");
            let traits = Traits::read(&message).expect("a message");
            assert_eq!(traits.is_kept(variant), is_kept, "{variant} {inner}");
            assert_eq!(traits.is_copied(variant), is_copied, "{variant} {inner}");
        }
    }

    #[test]
    fn a_copy_holds_the_message_as_it_was() {
        let mut out = String::new();
        let message = "<message from='b@x/1' to='a@x/2'><body>x</body></message>";
        write_copy(&mut out, "received", "a@x", "a@x/3", "chat", message);
        assert_eq!(
            out,
            "<message from='a@x' to='a@x/3' type='chat'><received xmlns='urn:xmpp:carbons:2'>\
             <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='b@x/1' to='a@x/2'>\
             <body>x</body></message></forwarded></received></message>"
        );
    }

    #[test]
    fn a_message_says_since_when_it_waits() {
        assert_eq!(
            delayed(
                "<message><body>x</body></message>",
                "x",
                "2026-01-01T00:00:00Z"
            ),
            "<message><body>x</body><delay xmlns='urn:xmpp:delay' from='x' stamp='2026-01-01T00:00:00Z'/></message>"
        );
        let once = delayed("<message></message>", "x", "1");
        assert_eq!(delayed(&once, "x", "2"), once);
    }
}
