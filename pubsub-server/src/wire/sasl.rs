//! How one logs in, in the words of RFC 6120 §6 and in those of XEP-0388, and what can be asked for together with the latter: a session resumed
//! (XEP-0198), or a resource bound (XEP-0386).

use pubsub_xml::{Name, Reader, XmlError};

use super::management::{self, Resumption};
use super::{attribute, namespace, text};

/// The two ways to say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// That of RFC 6120, after which the stream begins anew.
    Classic,
    /// SASL2 (XEP-0388), after which it goes on.
    Extensible,
}

/// What a client opens an attempt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) profile: Profile,
    pub(crate) mechanism: String,
    /// The client's first message, as base64. None: it waits to be asked for it.
    pub(crate) initial: Option<String>,
    /// Whether it wants to change what is kept of its password, which is not offered.
    pub(crate) is_upgrade: bool,
    pub(crate) wishes: Wishes,
}

/// What is asked for together with a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// What stands for the same installation of a program each time it comes. Nobody else is told.
    pub(crate) client: Option<String>,
    pub(crate) resume: Option<Resumption>,
    pub(crate) bind: Option<Binding>,
}

/// The new session that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Binding {
    /// What the resource begins with.
    pub(crate) tag: String,
    /// Whether it gets copies of messages (XEP-0280).
    pub(crate) is_copied: bool,
    /// Whether its stream is managed, and if so, whether it is to be resumable.
    pub(crate) management: Option<bool>,
}

impl Profile {
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Classic => namespace::SASL,
            Self::Extensible => namespace::SASL2,
        }
    }

    pub(crate) fn write_challenge(self, out: &mut String, data: &str) {
        self.open(out, "challenge");
        out.push_str(data);
        out.push_str("</challenge>");
    }

    pub(crate) fn write_failure(self, out: &mut String, condition: &str) {
        self.open(out, "failure");
        out.push('<');
        out.push_str(condition);
        if self == Self::Extensible {
            attribute(out, "xmlns", namespace::SASL);
        }
        out.push_str("/></failure>");
    }

    fn open(self, out: &mut String, element: &str) {
        out.push('<');
        out.push_str(element);
        attribute(out, "xmlns", self.namespace());
        out.push('>');
    }
}

/// Reads `<auth/>` or `<authenticate/>`, whose name was read; none if it is something else.
pub(crate) fn read(name: &Name<'_>, reader: &mut Reader<'_>) -> Result<Option<Attempt>, XmlError> {
    let mechanism = reader
        .attribute("mechanism")
        .unwrap_or_default()
        .into_owned();
    if name.is("auth", namespace::SASL) {
        let initial = reader.text()?.into_owned();
        return Ok(Some(Attempt {
            profile: Profile::Classic,
            mechanism,
            initial: (!initial.is_empty()).then_some(initial),
            is_upgrade: false,
            wishes: Wishes::default(),
        }));
    }
    if !name.is("authenticate", namespace::SASL2) {
        return Ok(None);
    }
    let mut attempt = Attempt {
        profile: Profile::Extensible,
        mechanism,
        initial: None,
        is_upgrade: reader.attribute("upgrade").is_some(),
        wishes: Wishes::default(),
    };
    while let Some(name) = reader.child()? {
        let wishes = &mut attempt.wishes;
        match (name.local, &*name.namespace) {
            ("initial-response", namespace::SASL2) => {
                attempt.initial = Some(reader.text()?.into_owned());
            }
            ("user-agent", namespace::SASL2) => {
                wishes.client = reader.attribute("id").map(Into::into);
                reader.skip()?;
            }
            ("resume", namespace::STREAM_MANAGEMENT) => {
                wishes.resume = Some(management::read_resumption(reader));
                reader.skip()?;
            }
            ("bind", namespace::BIND2) => wishes.bind = Some(read_binding(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(Some(attempt))
}

fn read_binding(reader: &mut Reader<'_>) -> Result<Binding, XmlError> {
    let mut binding = Binding::default();
    while let Some(name) = reader.child()? {
        match (name.local, &*name.namespace) {
            ("tag", namespace::BIND2) => {
                binding.tag = reader.text()?.into_owned();
                continue;
            }
            ("enable", namespace::CARBONS) => binding.is_copied = true,
            ("enable", namespace::STREAM_MANAGEMENT) => {
                binding.management = Some(management::wants_resumption(reader));
            }
            _ => {}
        }
        reader.skip()?;
    }
    Ok(binding)
}

/// The offer to log in either way. What can be asked for together with it depends on whether the stream can be managed.
pub(crate) fn write_offer<'m>(
    out: &mut String,
    mechanisms: impl Iterator<Item = &'m str> + Clone,
    is_managed: bool,
) {
    out.push_str("<authentication xmlns='urn:xmpp:sasl:2'>");
    write_mechanisms(out, mechanisms.clone());
    out.push_str(
        "<inline><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:carbons:2'/>",
    );
    if is_managed {
        out.push_str("<feature var='urn:xmpp:sm:3'/></inline></bind><sm xmlns='urn:xmpp:sm:3'/>");
    } else {
        out.push_str("</inline></bind>");
    }
    out.push_str("</inline></authentication>");
    out.push_str("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>");
    write_mechanisms(out, mechanisms);
    out.push_str("</mechanisms>");
}

fn write_mechanisms<'m>(out: &mut String, mechanisms: impl Iterator<Item = &'m str>) {
    for mechanism in mechanisms {
        out.push_str("<mechanism>");
        out.push_str(mechanism);
        out.push_str("</mechanism>");
    }
}

/// `<success/>` of RFC 6120.
pub(crate) fn write_success(out: &mut String, data: &str) {
    Profile::Classic.open(out, "success");
    out.push_str(data);
    out.push_str("</success>");
}

/// `<success/>` of XEP-0388: the mechanism's last message, who has logged in, and the answers to what was asked for as well.
pub(crate) fn write_extensible_success(out: &mut String, data: &str, jid: &str, answers: &str) {
    Profile::Extensible.open(out, "success");
    if !data.is_empty() {
        out.push_str("<additional-data>");
        out.push_str(data);
        out.push_str("</additional-data>");
    }
    out.push_str("<authorization-identifier>");
    text(out, jid);
    out.push_str("</authorization-identifier>");
    out.push_str(answers);
    out.push_str("</success>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(source: &str) -> Option<Attempt> {
        let mut reader = Reader::new(source);
        let name = reader.root().expect("well-formed");
        read(&name, &mut reader).expect("well-formed")
    }

    #[test]
    fn both_ways_to_begin_are_read() {
        let classic = |initial: Option<&str>| Attempt {
            profile: Profile::Classic,
            mechanism: "PLAIN".to_owned(),
            initial: initial.map(ToOwned::to_owned),
            is_upgrade: false,
            wishes: Wishes::default(),
        };
        let auth = |content| {
            format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{content}</auth>"
            )
        };
        assert_eq!(attempt(&auth("AA==")), Some(classic(Some("AA=="))));
        assert_eq!(attempt(&auth("=")), Some(classic(Some("="))));
        assert_eq!(attempt(&auth("")), Some(classic(None)));
        assert_eq!(attempt("<auth xmlns='urn:xmpp:sasl:2'/>"), None);
        assert_eq!(attempt("<response xmlns='urn:xmpp:sasl:2'/>"), None);
        let begun = attempt(
            "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN' upgrade='UPGR-X'><initial-response/></authenticate>",
        );
        let begun = begun.expect("an attempt");
        assert_eq!(begun.initial.as_deref(), Some(""));
        assert!(begun.is_upgrade);
    }

    #[test]
    fn what_is_asked_for_together_with_a_login_is_read() {
        let asked = attempt(
            "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-1'>\
             <user-agent id='d4565fa7'><software>A</software><device>B</device></user-agent>\
             <unknown xmlns='urn:x'><bind xmlns='urn:xmpp:bind:0'/></unknown>\
             <resume xmlns='urn:xmpp:sm:3' h='7' previd='abc'/>\
             <bind xmlns='urn:xmpp:bind:0'><tag>Awe&amp;some</tag><enable xmlns='urn:xmpp:carbons:2'/>\
             <enable xmlns='urn:xmpp:sm:3' resume='1'/><inactive xmlns='urn:xmpp:csi:0'/></bind></authenticate>",
        );
        let asked = asked.expect("an attempt");
        assert_eq!(asked.initial, None);
        assert_eq!(
            asked.wishes,
            Wishes {
                client: Some("d4565fa7".to_owned()),
                resume: Some(Resumption {
                    previous: "abc".to_owned(),
                    handled: Some(7),
                }),
                bind: Some(Binding {
                    tag: "Awe&some".to_owned(),
                    is_copied: true,
                    management: Some(true),
                }),
            }
        );
    }

    #[test]
    fn answers_are_in_the_words_of_the_question() {
        for (profile, expected) in [
            (
                Profile::Classic,
                "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AA==</challenge>\
                 <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><aborted/></failure>",
            ),
            (
                Profile::Extensible,
                "<challenge xmlns='urn:xmpp:sasl:2'>AA==</challenge>\
                 <failure xmlns='urn:xmpp:sasl:2'><aborted xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>",
            ),
        ] {
            let mut out = String::new();
            profile.write_challenge(&mut out, "AA==");
            profile.write_failure(&mut out, "aborted");
            assert_eq!(out, expected);
        }
        let mut out = String::new();
        write_success(&mut out, "dg==");
        write_extensible_success(&mut out, "", "a@b", "");
        write_extensible_success(
            &mut out,
            "dg==",
            "a@b/&",
            "<bound xmlns='urn:xmpp:bind:0'/>",
        );
        assert_eq!(
            out,
            "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dg==</success>\
             <success xmlns='urn:xmpp:sasl:2'><authorization-identifier>a@b</authorization-identifier></success>\
             <success xmlns='urn:xmpp:sasl:2'><additional-data>dg==</additional-data>\
             <authorization-identifier>a@b/&amp;</authorization-identifier><bound xmlns='urn:xmpp:bind:0'/></success>"
        );
    }
}
