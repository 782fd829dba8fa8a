//! Reads what arrives just far enough to know whom it concerns. Nothing is copied; the rest of a stanza is read by
//! whoever it concerns, from the reader that is handed on.

use std::borrow::Cow;

use pubsub_xml::{Reader, Scope, XmlError};

use super::namespace::{DISCO_INFO, PING, SM, STANZA_ERRORS, STREAM};
use super::{namespace, stream_error};
use crate::session::ConnectError;
use crate::session::error::{Failure, FailureKind};

/// One frame, sorted.
#[derive(Debug)]
pub(in crate::session) enum Arrival<'x> {
    /// An answer to one of our requests.
    Answer(Answer<'x>),
    /// Somebody asks us something.
    Query {
        id: Cow<'x, str>,
        from: Option<Cow<'x, str>>,
        query: Query,
    },
    /// A message that is no error; the reader stands in it.
    Message {
        from: Option<Cow<'x, str>>,
        reader: Reader<'x>,
    },
    /// Another stanza, which counts (XEP-0198) but does not concern us.
    OtherStanza,
    /// The server has handled this many stanzas (XEP-0198).
    Acknowledged(u32),
    /// The server asks how many we have handled (XEP-0198).
    AcknowledgementAsked,
    /// The server ends the stream.
    StreamError(ConnectError),
    /// Something that belongs to no protocol we speak.
    Unknown,
}

/// What somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Query {
    Ping,
    /// What we are (XEP-0030), of the whole of us.
    Identity,
    Other,
}

/// The answer to a request, not yet read.
#[derive(Debug)]
pub(in crate::session) struct Answer<'x> {
    pub(in crate::session) id: Cow<'x, str>,
    pub(in crate::session) from: Option<Cow<'x, str>>,
    pub(in crate::session) is_error: bool,
    reader: Reader<'x>,
}

/// Sorts a frame of a stream whose stanzas are of `stanzas`.
pub(in crate::session) fn arrival<'x>(
    frame: &'x str,
    scope: &'x Scope,
    stanzas: &str,
) -> Result<Arrival<'x>, XmlError> {
    let mut reader = Reader::with_scope(frame, scope);
    let root = reader.root()?;
    if root.namespace == stanzas {
        return match root.local {
            "iq" => request_or_answer(reader),
            "message" if reader.attribute("type").as_deref() != Some("error") => {
                Ok(Arrival::Message {
                    from: reader.attribute("from"),
                    reader,
                })
            }
            "message" | "presence" => {
                reader.skip()?;
                Ok(Arrival::OtherStanza)
            }
            _ => Ok(Arrival::Unknown),
        };
    }
    if root.is("a", SM) {
        let handled = reader.attribute("h").and_then(|h| h.parse().ok());
        return Ok(handled.map_or(Arrival::Unknown, Arrival::Acknowledged));
    }
    if root.is("r", SM) {
        return Ok(Arrival::AcknowledgementAsked);
    }
    if root.is("error", STREAM) {
        return Ok(Arrival::StreamError(stream_error(reader)?));
    }
    Ok(Arrival::Unknown)
}

fn request_or_answer(mut reader: Reader<'_>) -> Result<Arrival<'_>, XmlError> {
    let id = reader.attribute("id").unwrap_or_default();
    let from = reader.attribute("from");
    let is_error = match reader.attribute("type").as_deref() {
        Some("result") => false,
        Some("error") => true,
        _ => {
            let query = match reader.child()? {
                Some(child) if child.is("ping", PING) => Query::Ping,
                Some(child)
                    if child.is("query", DISCO_INFO) && reader.attribute("node").is_none() =>
                {
                    Query::Identity
                }
                _ => Query::Other,
            };
            return Ok(Arrival::Query { id, from, query });
        }
    };
    Ok(Arrival::Answer(Answer {
        id,
        from,
        is_error,
        reader,
    }))
}

impl Answer<'_> {
    /// Checks the rest without keeping it.
    pub(in crate::session) fn skip(mut self) -> Result<(), XmlError> {
        self.reader.skip()
    }

    /// The children of the answer, each complete in itself.
    pub(in crate::session) fn body(mut self) -> Result<String, XmlError> {
        self.reader.inner().map(Cow::into_owned)
    }

    /// The error of an answer that is one.
    pub(in crate::session) fn failure(mut self) -> Result<Failure, XmlError> {
        let mut failure = Failure {
            kind: FailureKind::Cancel,
            condition: "undefined-condition".to_owned(),
            specific: None,
            feature: None,
            text: None,
        };
        while let Some(child) = self.reader.child()? {
            if child.local != "error" {
                self.reader.skip()?;
                continue;
            }
            failure.kind = match self.reader.attribute("type").as_deref() {
                Some("auth") => FailureKind::Auth,
                Some("modify") => FailureKind::Modify,
                Some("wait") => FailureKind::Wait,
                _ => FailureKind::Cancel,
            };
            while let Some(condition) = self.reader.child()? {
                if condition.is("text", STANZA_ERRORS) {
                    failure.text = Some(self.reader.text()?.into_owned());
                    continue;
                }
                if condition.namespace == STANZA_ERRORS {
                    condition.local.clone_into(&mut failure.condition);
                } else if condition.namespace == namespace::PUBSUB_ERRORS {
                    failure.specific = Some(condition.local.to_owned());
                    failure.feature = self.reader.attribute("feature").map(Cow::into_owned);
                }
                self.reader.skip()?;
            }
        }
        Ok(failure)
    }
}

#[cfg(test)]
mod tests {
    use pubsub_xml::Scope;

    use super::{Arrival, Query, arrival};
    use crate::session::error::FailureKind;

    fn check(frame: &str, expect: impl FnOnce(Arrival<'_>)) {
        let scope = Scope::default()
            .with_default("jabber:client")
            .with_prefix("s", "http://etherx.jabber.org/streams");
        expect(arrival(frame, &scope, "jabber:client").unwrap());
    }

    #[test]
    fn answers_are_told_from_questions() {
        check(
            "<iq type='result' id='2' from='pubsub.x'><q xmlns='u'><a/></q></iq>",
            |arrival| {
                let Arrival::Answer(answer) = arrival else {
                    panic!("{arrival:?}")
                };
                assert_eq!(
                    (&*answer.id, answer.from.as_deref()),
                    ("2", Some("pubsub.x"))
                );
                assert!(!answer.is_error);
                assert_eq!(answer.body().unwrap(), "<q xmlns='u'><a/></q>");
            },
        );
        for (body, expect) in [
            ("<ping xmlns='urn:xmpp:ping'/>", Query::Ping),
            (
                "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                Query::Identity,
            ),
            (
                "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>",
                Query::Other,
            ),
            ("", Query::Other),
        ] {
            check(&format!("<iq type='get' id='p'>{body}</iq>"), |arrival| {
                assert!(matches!(arrival, Arrival::Query { query, .. } if query == expect));
            });
        }
    }

    #[test]
    fn an_error_is_read_with_its_specific_condition() {
        check(
            "<iq type='error' id='2'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'/></pubsub>\
             <error type='modify' code='406'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>too long</text>\
             <payload-too-big xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>",
            |arrival| {
                let Arrival::Answer(answer) = arrival else {
                    panic!("{arrival:?}")
                };
                let failure = answer.failure().unwrap();
                assert_eq!(failure.kind, FailureKind::Modify);
                assert_eq!(failure.condition, "not-acceptable");
                assert_eq!(failure.specific.as_deref(), Some("payload-too-big"));
                assert_eq!(failure.text.as_deref(), Some("too long"));
            },
        );
    }

    #[test]
    fn other_frames_are_sorted() {
        check("<message from='p'/>", |arrival| {
            assert!(matches!(arrival, Arrival::Message { .. }));
        });
        check("<message type='error'><x/></message>", |arrival| {
            assert!(matches!(arrival, Arrival::OtherStanza));
        });
        check("<presence/>", |arrival| {
            assert!(matches!(arrival, Arrival::OtherStanza));
        });
        check("<a xmlns='urn:xmpp:sm:3' h='7'/>", |arrival| {
            assert!(matches!(arrival, Arrival::Acknowledged(7)));
        });
        check("<r xmlns='urn:xmpp:sm:3'/>", |arrival| {
            assert!(matches!(arrival, Arrival::AcknowledgementAsked));
        });
        check(
            "<s:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></s:error>",
            |arrival| {
                assert!(matches!(arrival, Arrival::StreamError(error) if error.is_conflict()));
            },
        );
        check("<x xmlns='other'/>", |arrival| {
            assert!(matches!(arrival, Arrival::Unknown));
        });
    }
}
