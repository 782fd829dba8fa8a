//! The transports that are measured: what a client asks each contestant for.

use std::fmt;

/// How subscribers are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    WebSocket,
    EventSource,
    Stream,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::WebSocket, Self::EventSource, Self::Stream];

    /// As both contestants have it in their paths.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "ws",
            Self::EventSource => "ev",
            Self::Stream => "sub",
        }
    }

    /// The request of a subscriber.
    pub(crate) fn request(self, base: &str, channel: &str) -> String {
        let headers = match self {
            Self::WebSocket => {
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            }
            Self::EventSource => "Accept: text/event-stream\r\n",
            Self::Stream => "Accept: */*\r\n",
        };
        let name = self.name();
        format!("GET {base}/{name}/{channel} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
    }

    /// What the answer to that begins with.
    pub(crate) fn accepted(self) -> &'static [u8] {
        match self {
            Self::WebSocket => b"HTTP/1.1 101 ",
            _ => b"HTTP/1.1 200 ",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
