//! The `<body/>` around everything: reads that of a request and writes that of an answer (XEP-0124 §5 to §11, XEP-0206). Pure.

use std::fmt::Write as _;

use bytes::{BufMut, Bytes, BytesMut};
use pubsub_xml::{FrameKind, Framer, Limits, Reader};

use crate::wire::{attribute, namespace};

/// Request ids go so far (XEP-0124 §14.1): every whole number that a double can tell from its neighbours.
const LARGEST_ID: u64 = (1 << 53) - 1;

/// The request of a client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: u64,
    /// The session; none asks for a new one.
    pub(crate) session: Option<String>,
    pub(crate) to: Option<String>,
    /// In seconds.
    pub(crate) wait: Option<u64>,
    pub(crate) hold: Option<usize>,
    pub(crate) version: Option<String>,
    pub(crate) xmpp_version: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) acknowledged: Option<u64>,
    /// In seconds.
    pub(crate) pause: Option<u64>,
    pub(crate) key: Option<String>,
    pub(crate) new_key: Option<String>,
    pub(crate) restarts: bool,
    pub(crate) terminates: bool,
    /// The elements in it, each standing alone.
    pub(crate) elements: Vec<String>,
}

impl Request {
    /// Whether the client announces itself: presence that says nothing else. One that does so a second time has begun anew, as a page that was
    /// loaded again and has taken its session along.
    pub(crate) fn is_announcement(&self) -> bool {
        let is_announcement = |element: &String| {
            let mut reader = Reader::new(element);
            reader
                .root()
                .is_ok_and(|name| name.is("presence", namespace::CLIENT))
                && reader.attributes().next().is_none()
                && matches!(reader.child(), Ok(None))
        };
        self.elements.iter().any(is_announcement)
    }
}

/// Why a session ends, or does not begin (XEP-0124 §17.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    BadRequest,
    HostUnknown,
    ItemNotFound,
    PolicyViolation,
    RemoteStreamError,
    SystemShutdown,
}

impl Condition {
    fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::HostUnknown => "host-unknown",
            Self::ItemNotFound => "item-not-found",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteStreamError => "remote-stream-error",
            Self::SystemShutdown => "system-shutdown",
        }
    }
}

/// Reads a request. Bounds are those of the elements in it; how long the whole may be was seen to before.
pub(crate) fn read(text: &str, bounds: Limits) -> Result<Request, Condition> {
    let text = without_declaration(text.trim_ascii());
    let outer = Limits {
        max_bytes: usize::MAX,
        max_depth: bounds.max_depth.saturating_add(1),
    };
    match Framer::after_header(outer).next(text.as_bytes()) {
        Ok(Some(frame)) if frame.kind == FrameKind::Element && frame.len == text.len() => {}
        Err(pubsub_xml::FrameError::TooDeep(_)) => return Err(Condition::PolicyViolation),
        _ => return Err(Condition::BadRequest),
    }
    let mut reader = Reader::new(text);
    let name = reader.root().map_err(|_| Condition::BadRequest)?;
    if !name.is("body", namespace::HTTP_BIND) {
        return Err(Condition::BadRequest);
    }
    let mut request = Request::default();
    for one in reader.attributes() {
        let space = one.prefix.and_then(|prefix| reader.namespace_of(prefix));
        let value = one.value.as_ref();
        match (space.as_deref(), one.local) {
            (None, "rid") => request.id = whole(value).ok_or(Condition::BadRequest)?,
            (None, "sid") => request.session = Some(value.to_owned()),
            (None, "to") => request.to = Some(value.to_owned()),
            (None, "wait") => request.wait = Some(whole(value).ok_or(Condition::BadRequest)?),
            (None, "hold") => {
                request.hold = Some(value.parse().map_err(|_| Condition::BadRequest)?);
            }
            (None, "ver") => request.version = Some(value.to_owned()),
            (None, "content") => request.content = Some(value.to_owned()),
            (None, "ack") => {
                request.acknowledged = Some(whole(value).ok_or(Condition::BadRequest)?);
            }
            (None, "pause") => request.pause = Some(whole(value).ok_or(Condition::BadRequest)?),
            (None, "key") => request.key = Some(value.to_owned()),
            (None, "newkey") => request.new_key = Some(value.to_owned()),
            (None, "type") => request.terminates = value == "terminate",
            (Some(namespace::XBOSH), "version") => request.xmpp_version = Some(value.to_owned()),
            (Some(namespace::XBOSH), "restart") => {
                request.restarts = value == "true" || value == "1";
            }
            _ => {}
        }
    }
    if request.id == 0 {
        return Err(Condition::BadRequest);
    }
    loop {
        match reader.child() {
            Ok(Some(name)) => {
                let is_bare = name.namespace == namespace::HTTP_BIND;
                let element = reader.raw().map_err(|_| Condition::BadRequest)?;
                if element.len() > bounds.max_bytes {
                    return Err(Condition::PolicyViolation);
                }
                request.elements.push(if is_bare {
                    as_stanza(&element)
                } else {
                    element.into_owned()
                });
            }
            Ok(None) => break,
            Err(_) => return Err(Condition::BadRequest),
        }
    }
    reader.finish().map_err(|_| Condition::BadRequest)?;
    Ok(request)
}

/// The `sid` of a request of which only the beginning has come.
pub(crate) fn session_of(beginning: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(beginning.get(..error.valid_up_to())?).ok()?,
    };
    let mut reader = Reader::new(without_declaration(text.trim_ascii_start()));
    reader.root().ok()?;
    reader.attribute("sid").map(Into::into)
}

/// Some clients forget that a stanza inherits the namespace of the body, and mean their own.
fn as_stanza(element: &str) -> String {
    let wrong = format!(" xmlns=\"{}\"", namespace::HTTP_BIND);
    let right = format!(" xmlns=\"{}\"", namespace::CLIENT);
    element.replacen(&wrong, &right, 1)
}

fn without_declaration(text: &str) -> &str {
    text.strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .map_or(text, |(_, rest)| rest.trim_ascii_start())
}

fn whole(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number <= LARGEST_ID)
}

/// Opens an answer; attributes follow, then [`finish`].
pub(crate) fn open(out: &mut String) {
    out.push_str("<body xmlns='http://jabber.org/protocol/httpbind'");
}

/// Appends an attribute that is a number.
pub(crate) fn number(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(out, " {name}='{value}'");
}

/// Declares that the session ends.
pub(crate) fn terminate(out: &mut String, condition: Option<Condition>) {
    out.push_str(" type='terminate'");
    if let Some(condition) = condition {
        attribute(out, "condition", condition.as_str());
    }
}

/// Closes the start tag, and appends the content and the end tag.
pub(crate) fn finish(start: &str, content: &[u8]) -> Bytes {
    if content.is_empty() {
        return Bytes::from(format!("{start}/>"));
    }
    let mut whole = BytesMut::with_capacity(start.len() + content.len() + 8);
    whole.put_slice(start.as_bytes());
    whole.put_slice(b">");
    whole.put_slice(content);
    whole.put_slice(b"</body>");
    whole.freeze()
}

/// A whole answer that refuses.
pub(crate) fn refusal(condition: Condition) -> Bytes {
    let mut start = String::new();
    open(&mut start);
    terminate(&mut start, Some(condition));
    finish(&start, b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Limits = Limits {
        max_bytes: 100,
        max_depth: 3,
    };

    fn body(attributes: &str, content: &str) -> String {
        format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{content}</body>")
    }

    #[test]
    fn a_request_is_taken_apart() {
        let text = body(
            "rid='5' sid='s' to='localhost' wait='60' hold='1' ver='1.6' ack='4' pause='3' key='k' newkey='n' content='text/xml' \
             xmlns:x='urn:xmpp:xbosh' x:version='1.0' x:restart='true' type='terminate' restart='false' unknown='1'",
            " <message xmlns='jabber:client'><body>a</body></message>\n<auth xmlns='urn:a'/>",
        );
        let expected = Request {
            id: 5,
            session: Some("s".to_owned()),
            to: Some("localhost".to_owned()),
            wait: Some(60),
            hold: Some(1),
            version: Some("1.6".to_owned()),
            xmpp_version: Some("1.0".to_owned()),
            content: Some("text/xml".to_owned()),
            acknowledged: Some(4),
            pause: Some(3),
            key: Some("k".to_owned()),
            new_key: Some("n".to_owned()),
            restarts: true,
            terminates: true,
            elements: vec![
                "<message xmlns='jabber:client'><body>a</body></message>".to_owned(),
                "<auth xmlns='urn:a'/>".to_owned(),
            ],
        };
        assert_eq!(read(&text, BOUNDS), Ok(expected));
        assert_eq!(session_of(text.as_bytes()).as_deref(), Some("s"));
        assert_eq!(session_of(&text.as_bytes()[..20]), None);
    }

    #[test]
    fn elements_stand_alone_and_stanzas_without_a_namespace_are_meant_for_the_server() {
        let text = format!(
            "<?xml version='1.0'?>\n{}",
            body("rid='1' xmlns:p='urn:p'", "<iq p:a='1'><p:b/></iq>")
        );
        let elements = read(&text, BOUNDS).map(|request| request.elements);
        assert_eq!(
            elements,
            Ok(vec![
                "<iq xmlns=\"jabber:client\" xmlns:p=\"urn:p\" p:a='1'><p:b/></iq>".to_owned()
            ])
        );
    }

    #[test]
    fn an_announcement_is_presence_that_says_nothing_else() {
        for (element, expected) in [
            ("<presence xmlns='jabber:client'/>", true),
            ("<presence xmlns=\"jabber:client\"> </presence>", true),
            ("<presence/>", true),
            (
                "<presence xmlns='jabber:client' type='unavailable'/>",
                false,
            ),
            (
                "<presence xmlns='jabber:client'><show>away</show></presence>",
                false,
            ),
            ("<presence xmlns='urn:other'/>", false),
            ("<message xmlns='jabber:client'/>", false),
        ] {
            let request = read(&body("rid='1'", element), BOUNDS);
            let is = request.map(|request| request.is_announcement());
            assert_eq!(is, Ok(expected), "{element}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let deep = body("rid='1'", "<a xmlns=''><b><c><d>x</d></c></b></a>");
        let long = body("rid='1'", &format!("<a xmlns=''>{}</a>", "x".repeat(100)));
        for (text, condition) in [
            (String::new(), Condition::BadRequest),
            ("hello".to_owned(), Condition::BadRequest),
            ("<body rid='1'/>".to_owned(), Condition::BadRequest),
            (body("", ""), Condition::BadRequest),
            (body("rid='0'", ""), Condition::BadRequest),
            (body("rid='-1'", ""), Condition::BadRequest),
            (body("rid='9007199254740992'", ""), Condition::BadRequest),
            (body("rid='1' wait='x'", ""), Condition::BadRequest),
            (body("rid='1' hold='x'", ""), Condition::BadRequest),
            (body("rid='1' rid='1'", ""), Condition::BadRequest),
            (body("rid='1'", "text"), Condition::BadRequest),
            (body("rid='1'", "<a>"), Condition::BadRequest),
            (body("rid='1'", "<a></b>"), Condition::BadRequest),
            (body("rid='1'", "<!-- a -->"), Condition::BadRequest),
            (body("rid='1'", "") + "<a/>", Condition::BadRequest),
            (
                format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{}", body("rid='1'", "")),
                Condition::BadRequest,
            ),
            (deep, Condition::PolicyViolation),
            (long, Condition::PolicyViolation),
        ] {
            assert_eq!(read(&text, BOUNDS), Err(condition), "{text}");
        }
    }
}
