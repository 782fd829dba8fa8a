//! What a request asks for: which door of the gateway, which channels, and with what arguments.
//!
//! Pure. Paths are split before they are decoded, so that an escaped slash in the name of a node stays in it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use http::header::{HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderName, request::Parts};
use pubsub_core::{Position, PositionError};

use super::refusal::Refusal;
use crate::channel::{Resume, Since, decode, seconds};
use crate::plan::Manner;
use crate::settings::Arguments;

/// A door of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    WebSocket,
    EventStream,
    Stream,
    LongPolling,
    Publish,
    Statistics,
    Health,
    Metrics,
}

const DOORS: [(&str, Door); 9] = [
    ("ws", Door::WebSocket),
    ("ev", Door::EventStream),
    ("sub", Door::Stream),
    ("lp", Door::LongPolling),
    ("pub", Door::Publish),
    ("stats", Door::Statistics),
    ("channels-stats", Door::Statistics),
    ("healthz", Door::Health),
    ("metrics", Door::Metrics),
];

impl Door {
    /// The first segments of paths that lead somewhere.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        DOORS.iter().map(|(name, _)| *name)
    }

    /// The door that a path leads to, and what comes after its name.
    pub(crate) fn at(path: &str) -> Option<(Self, &str)> {
        let path = path.strip_prefix('/')?;
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let (_, door) = DOORS.iter().find(|(known, _)| *known == name)?;
        Some((*door, rest))
    }
}

/// A request, as far as the gateway cares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) parts: &'r Parts,
    pub(crate) peer: Option<SocketAddr>,
    /// What its path has after the name of the door.
    pub(crate) rest: &'r str,
}

/// More positions than this are not looked at; a request names fewer channels.
const MOST_POSITIONS: usize = 100;

/// Asks for a poll at any door of subscribers.
const MODE: HeaderName = HeaderName::from_static("x-nginx-pushstream-mode");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

impl<'r> Asked<'r> {
    pub(crate) fn headers(&self) -> &'r HeaderMap {
        &self.parts.headers
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&'r str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The address of the client; none of a program on this machine. A proxy on this machine says in the last place for whom it asks.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        let peer = self.peer?.ip().to_canonical();
        if !peer.is_loopback() {
            return Some(peer);
        }
        let forwarded = self
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .next_back()?;
        let last = forwarded.to_str().ok()?.rsplit(',').next()?;
        last.trim().parse().ok()
    }

    /// An argument of the query as it stands, still encoded.
    pub(crate) fn raw_argument(&self, name: &str) -> Option<&'r str> {
        let query = self.parts.uri.query()?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }

    /// An argument that is not empty.
    pub(crate) fn argument(&self, name: &str) -> Option<Cow<'r, str>> {
        let value = decode(self.raw_argument(name)?).ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether the client wants to know at once where it would go on.
    pub(crate) fn wants_cursor(&self) -> bool {
        self.argument("hello").is_some()
    }

    /// The channels as they are written: in the path, else in one of the arguments.
    pub(crate) fn channels(&self, arguments: &[&str]) -> &'r str {
        let has_some = |raw: &&str| raw.bytes().any(|byte| byte != b'/');
        let by_argument = || arguments.iter().find_map(|name| self.raw_argument(name));
        Some(self.rest)
            .filter(has_some)
            .or_else(by_argument)
            .unwrap_or_default()
    }

    /// The token in the query, for clients that cannot set headers.
    pub(crate) fn token(&self) -> Option<&'r str> {
        let token = self
            .raw_argument("token")
            .or_else(|| self.raw_argument("access_token"));
        token.filter(|token| !token.is_empty())
    }

    /// Where the client has read lists: the `position` in the `meta` of each, with commas between several.
    pub(crate) fn positions(&self) -> Result<Vec<Position>, Refusal> {
        let Some(positions) = self.argument("position") else {
            return Ok(Vec::new());
        };
        read_positions(&positions)
            .map_err(|error| Refusal::bad(format!("The position cannot be used: {error}.")))
    }

    /// From where the client wants to go on. A header counts before an argument; what is empty or cannot be read is not there.
    pub(crate) fn resume(&self, names: &Arguments) -> Resume {
        let by_header = self.header(&LAST_EVENT_ID).filter(|id| !id.is_empty());
        let id = by_header.map(Cow::Borrowed);
        let id = id.or_else(|| self.argument(&names.event_id));
        let id = id.or_else(|| self.argument("last_event_id"));
        let cursor = id.as_deref().and_then(|id| id.parse().ok());
        let positions = id.as_deref().and_then(own_positions);
        let header = |name| self.header(&name).map(str::to_owned);
        let argument = |name| self.argument(name).map(Cow::into_owned);
        let time = [header(IF_MODIFIED_SINCE), argument(&names.time)];
        let time = time.iter().flatten().find_map(|time| seconds(time));
        let tag = self.tag(names);
        Resume {
            cursor,
            event_id: id
                .filter(|_| cursor.is_none() && positions.is_none())
                .map(Cow::into_owned),
            positions: positions.unwrap_or_default(),
            since: time.map(|time| Since { time, tag }),
        }
    }

    /// The tag that it gives, as a header or an argument, with or without a time.
    pub(crate) fn tag(&self, names: &Arguments) -> Option<u64> {
        let header = self.header(&IF_NONE_MATCH).map(Cow::Borrowed);
        let tags = [header, self.argument(&names.tag)];
        tags.iter().flatten().find_map(|tag| number(tag))
    }

    /// Whether the request asks for a poll instead of what its door is for, and if so whether the poll waits.
    pub(crate) fn mode(&self) -> Option<bool> {
        match self.header(&MODE)?.trim() {
            "polling" => Some(false),
            "long-polling" => Some(true),
            _ => None,
        }
    }

    /// What the client is like.
    pub(crate) fn manner(&self, names: &Arguments) -> Manner<'r> {
        let given = names.user_agent.as_deref();
        let given = given.and_then(|name| self.argument(name));
        let header = || self.header(&USER_AGENT).unwrap_or_default().into();
        Manner {
            is_chunked: false,
            is_pushstream_js: self.is_pushstream_js(),
            is_deflated: false,
            user_agent: given.unwrap_or_else(header),
        }
    }

    /// Whether the request looks like one of `pushstream.js`.
    pub(crate) fn is_pushstream_js(&self) -> bool {
        let is_stamped = self.raw_argument("_").is_some_and(|stamp| {
            !stamp.is_empty() && stamp.bytes().all(|byte| byte.is_ascii_digit())
        });
        let has_place = ["tag", "time", "eventid"]
            .iter()
            .all(|name| self.raw_argument(name).is_some());
        let polls = self.headers().contains_key(IF_NONE_MATCH);
        let calls = self
            .raw_argument("callback")
            .is_some_and(|name| name.starts_with("PushStreamManager"));
        is_stamped && (has_place || polls || calls)
    }
}

/// Positions in place of an event id: those of messages that were told from a list on.
fn own_positions(id: &str) -> Option<Vec<Position>> {
    // An event id may be anything; this it is hardly.
    id.starts_with("1~").then(|| read_positions(id).ok())?
}

fn read_positions(text: &str) -> Result<Vec<Position>, PositionError> {
    text.split(',')
        .take(MOST_POSITIONS)
        .map(str::parse)
        .collect()
}

/// A tag, as `7`, `W/7` or `"7"`.
fn number(tag: &str) -> Option<u64> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{Arguments, Asked, Door};

    fn asked(uri: &str, headers: &[(&str, &str)], check: impl FnOnce(&Asked<'_>)) {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (_, rest) = Door::at(parts.uri.path()).unwrap();
        check(&Asked {
            parts: &parts,
            peer: None,
            rest,
        });
    }

    #[test]
    fn doors_are_found_by_the_first_segment() {
        assert_eq!(Door::at("/ws/a/b"), Some((Door::WebSocket, "a/b")));
        assert_eq!(Door::at("/pub"), Some((Door::Publish, "")));
        assert_eq!(Door::at("/channels-stats"), Some((Door::Statistics, "")));
        assert_eq!(Door::at("/wsx/a"), None);
        assert_eq!(Door::at(""), None);
    }

    #[test]
    fn c_path_8_the_path_wins_over_the_argument() {
        asked("/ws/a?channels=b", &[], |asked| {
            assert_eq!(asked.channels(&["channels"]), "a");
        });
        asked("/ws/?channels=b.b2/c", &[], |asked| {
            assert_eq!(asked.channels(&["channels"]), "b.b2/c");
        });
        asked("/pub?id=/ch1/ch2&_=5", &[], |asked| {
            assert_eq!(asked.channels(&["id"]), "/ch1/ch2");
        });
    }

    #[test]
    fn empty_and_unreadable_cursors_are_none() {
        let empty = "/lp/a?tag=&time=&eventid=&_=5";
        let headers = [("if-none-match", "0"), ("if-modified-since", "null")];
        asked(empty, &headers, |asked| {
            let resume = asked.resume(&Arguments::default());
            assert!(resume.since.is_none() && resume.event_id.is_none() && resume.cursor.is_none());
            assert!(asked.is_pushstream_js());
        });
    }

    #[test]
    fn headers_count_before_arguments() {
        let uri = "/lp/a?tag=3&time=Thu%2C%2001%20Jan%201970%2000%3A00%3A05%20GMT&eventid=x";
        asked(uri, &[], |asked| {
            let resume = asked.resume(&Arguments::default());
            let since = resume.since.unwrap();
            assert_eq!((since.time, since.tag), (5, Some(3)));
            assert_eq!(resume.event_id.as_deref(), Some("x"));
            assert!(!asked.is_pushstream_js());
        });
        let headers = [
            ("if-none-match", "W/9"),
            ("if-modified-since", "Thu, 01 Jan 1970 00:00:07 GMT"),
            ("last-event-id", "00000000000000ab:4"),
        ];
        asked(uri, &headers, |asked| {
            let resume = asked.resume(&Arguments::default());
            let since = resume.since.unwrap();
            assert_eq!((since.time, since.tag), (7, Some(9)));
            assert_eq!(resume.cursor.unwrap().number, 4);
            assert_eq!(resume.event_id, None);
        });
    }
}
