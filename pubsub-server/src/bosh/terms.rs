//! What client and server agree on when a session begins (XEP-0124 §7). Pure.

use std::time::Duration;

use super::body::{self, Request};
use crate::config::Bosh;
use crate::wire::attribute;

/// The version of BOSH that is spoken here.
const VERSION: (u32, u32) = (1, 11);

/// The terms of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) wait: Duration,
    /// How many requests are held.
    pub(crate) hold: usize,
    /// How many requests the client may have under way.
    pub(crate) requests: u64,
    pub(crate) inactivity: Duration,
    pub(crate) pause: Duration,
    pub(crate) polling: Duration,
    /// How long requests wait for one that is missing.
    pub(crate) gap: Duration,
    version: (u32, u32),
    /// Whether answers acknowledge requests.
    pub(crate) acknowledges: bool,
    /// The type that the client wants answers to have.
    pub(crate) content: Option<String>,
}

impl Terms {
    /// What the client asks for, as far as the server allows it.
    pub(crate) fn agree(request: &Request, allowed: &Bosh) -> Self {
        let wait = request.wait.map_or(allowed.wait, |seconds| {
            Duration::from_secs(seconds).min(allowed.wait)
        });
        // A client that cannot wait polls, and has one request at a time.
        let hold = if wait.is_zero() {
            0
        } else {
            request.hold.unwrap_or(1).min(allowed.hold)
        };
        let requests = if hold == 0 { 1 } else { hold as u64 + 1 };
        let asked = request.version.as_deref().and_then(version);
        Self {
            wait,
            hold,
            requests,
            inactivity: allowed.inactivity,
            pause: allowed.pause,
            polling: allowed.polling,
            gap: allowed.gap,
            version: asked.map_or(VERSION, |asked| asked.min(VERSION)),
            acknowledges: request.acknowledged == Some(1),
            content: request
                .content
                .clone()
                .filter(|content| is_harmless(content)),
        }
    }

    /// How many requests are taken before the oldest is answered. A page that was reloaded does not know of those that its predecessor left
    /// behind, so there are a few more than were agreed on.
    pub(crate) fn most_under_way(&self) -> u64 {
        self.requests + self.hold as u64
    }

    /// Whether the session holds no requests.
    pub(crate) fn is_polling(&self) -> bool {
        self.hold == 0
    }

    /// Appends the attributes of the first answer.
    pub(crate) fn write(&self, out: &mut String, session: &str, stream: &str, domain: &str) {
        attribute(out, "sid", session);
        attribute(out, "authid", stream);
        attribute(out, "from", domain);
        for (name, value) in [
            ("wait", self.wait.as_secs()),
            ("requests", self.requests),
            ("hold", self.hold as u64),
            ("inactivity", self.inactivity.as_secs()),
            ("polling", self.polling.as_secs()),
            ("maxpause", self.pause.as_secs()),
        ] {
            body::number(out, name, value);
        }
        let (major, minor) = self.version;
        body::number(out, "ver", format_args!("{major}.{minor}"));
        out.push_str(
            " xmlns:xmpp='urn:xmpp:xbosh' xmlns:stream='http://etherx.jabber.org/streams' xmpp:version='1.0' xmpp:restartlogic='true'",
        );
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether a type may be sent back: nothing that a browser would run or that is no header.
fn is_harmless(content: &str) -> bool {
    let kind = content.split(';').next().unwrap_or_default().trim();
    matches!(kind, "text/xml" | "application/xml" | "text/plain")
        && content.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_asks_for_within_bounds() {
        let allowed = Bosh {
            hold: 2,
            ..Bosh::default()
        };
        let asked = |wait, hold, version: &str| Request {
            wait,
            hold,
            version: Some(version.to_owned()),
            ..Request::default()
        };
        for (request, expected) in [
            (asked(None, None, "x"), (60, 1, 2, (1, 11))),
            (asked(Some(10), Some(1), "1.6"), (10, 1, 2, (1, 6))),
            (asked(Some(600), Some(9), "2.0"), (60, 2, 3, (1, 11))),
            (asked(Some(0), Some(1), "1.10"), (0, 0, 1, (1, 10))),
            (asked(Some(5), Some(0), "1.10"), (5, 0, 1, (1, 10))),
        ] {
            let terms = Terms::agree(&request, &allowed);
            assert_eq!(
                (
                    terms.wait.as_secs(),
                    terms.hold,
                    terms.requests,
                    terms.version
                ),
                expected
            );
        }
    }

    #[test]
    fn only_harmless_types_are_sent_back() {
        for (content, expected) in [
            ("text/xml; charset=utf-8", true),
            ("text/plain", true),
            ("text/html", false),
            ("application/xhtml+xml", false),
            ("text/xml\r\nSet-Cookie: a=b", false),
        ] {
            assert_eq!(is_harmless(content), expected, "{content}");
        }
    }
}
