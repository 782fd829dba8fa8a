//! A format: one transport with one set of templates, so that everything that its clients are sent is the same bytes.

use bytes::Bytes;

use super::chunk::{self, chunk};
use super::deflate::deflate;
use super::event_stream;
use super::template::Template;
use super::websocket;
use crate::channel::{Epoch, Kind, Message, Moment};

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Transport {
    WebSocket,
    EventStream,
    /// Templates one after another.
    Stream,
}

impl Transport {
    pub(crate) const ALL: [(Self, &'static str); 3] = [
        (Self::WebSocket, "websocket"),
        (Self::EventStream, "event_stream"),
        (Self::Stream, "stream"),
    ];
}

/// What tells a format from others of the same endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) transport: Transport,
    /// Each piece is a chunk, ready for a socket.
    pub(crate) is_chunked: bool,
    /// The client percent-decodes strings, as `pushstream.js` does.
    pub(crate) percent_is_decoded: bool,
    /// The client of a WebSocket can inflate messages.
    pub(crate) is_deflated: bool,
    /// To how many bytes the header and each message are filled up.
    pub(crate) padding: (usize, usize),
}

/// How a client is told that it is sent away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Farewell {
    /// For a WebSocket: a code and a reason.
    pub(crate) code: u16,
    pub(crate) reason: String,
    /// For an event stream: an event, by its name and data.
    pub(crate) event: Option<(&'static str, String)>,
}

/// The texts of an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    pub(crate) template: Template,
    pub(crate) header: Option<String>,
    pub(crate) footer: Option<String>,
    pub(crate) ping: String,
    pub(crate) retry_millis: u128,
    /// From how many bytes on a message is worth compressing.
    pub(crate) deflate_from: usize,
}

#[derive(Debug)]
pub(crate) struct Format {
    index: usize,
    look: Look,
    texts: Texts,
    epoch: Epoch,
    ping: Bytes,
    footer: Bytes,
}

impl Format {
    fn new(index: usize, look: Look, texts: Texts, epoch: Epoch) -> Self {
        let mut format = Self {
            index,
            look,
            texts,
            epoch,
            ping: Bytes::new(),
            footer: Bytes::new(),
        };
        format.ping = format.make_ping();
        format.footer = format.make_footer();
        format
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn transport(&self) -> Transport {
        self.look.transport
    }

    /// A message.
    pub(crate) fn frame(&self, message: &Message) -> Bytes {
        let Texts { template, .. } = &self.texts;
        let percent = self.look.percent_is_decoded;
        let mut out = Vec::with_capacity(message.content.text.len() + 256);
        let is_for_our_own_clients = matches!(message.kind, Kind::Reset | Kind::Cursor);
        match self.look.transport {
            Transport::EventStream => {
                event_stream::event(&mut out, template, message, self.epoch, percent);
                self.pad(&mut out, self.look.padding.1);
                self.piece(out)
            }
            // A page with a template of its own would take a reset for a message.
            _ if is_for_our_own_clients && !template.escapes_breaks() => Bytes::new(),
            _ => {
                let text = &message.content.text;
                template.fill(&mut out, message, text, self.epoch, percent);
                self.pad(&mut out, self.look.padding.1);
                self.piece(out)
            }
        }
    }

    /// What a client is sent first.
    pub(crate) fn header(&self, cursor: &str) -> Bytes {
        let mut out = Vec::new();
        match self.look.transport {
            Transport::EventStream => {
                let header = self.texts.header.as_deref().unwrap_or_default();
                event_stream::comment(&mut out, header);
                event_stream::opening(&mut out, cursor, self.texts.retry_millis);
            }
            _ => out.extend_from_slice(self.texts.header.as_deref().unwrap_or_default().as_bytes()),
        }
        self.pad(&mut out, self.look.padding.0);
        self.piece(out)
    }

    /// Whether what it makes has no raw line breaks of a text in it.
    pub(crate) fn escapes_breaks(&self) -> bool {
        self.texts.template.escapes_breaks()
    }

    /// What stands before and after the messages of a poll.
    pub(crate) fn around_poll(&self) -> (String, String) {
        let [header, footer] = [&self.texts.header, &self.texts.footer].map(|text| {
            let text = text.as_deref().unwrap_or_default();
            match self.look.transport {
                Transport::EventStream if text.is_empty() => Vec::new(),
                Transport::EventStream => {
                    let mut out = Vec::new();
                    event_stream::comment(&mut out, text);
                    out
                }
                _ => text.as_bytes().to_vec(),
            }
        });
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        let header = match self.look.transport {
            // An event stream always begins with a comment.
            Transport::EventStream if header.is_empty() => ": \n".to_owned(),
            _ => text(header),
        };
        (header, text(footer))
    }

    /// What keeps an idle connection alive.
    pub(crate) fn ping(&self) -> Bytes {
        self.ping.clone()
    }

    /// What a client is sent last.
    pub(crate) fn footer(&self) -> Bytes {
        self.footer.clone()
    }

    /// What a client is sent last that is to go away for a reason.
    pub(crate) fn farewell(&self, farewell: &Farewell) -> Bytes {
        match (self.look.transport, &farewell.event) {
            (Transport::WebSocket, _) => websocket::close(farewell.code, &farewell.reason).into(),
            (Transport::EventStream, Some((name, data))) => {
                let mut out = Vec::new();
                event_stream::notice(&mut out, name, data);
                [self.piece(out), self.last()].concat().into()
            }
            _ => self.last(),
        }
    }

    /// The end of a body, or of a WebSocket that its client has closed.
    pub(crate) fn closing(&self) -> Bytes {
        match self.look.transport {
            Transport::WebSocket => Bytes::from_static(websocket::CLOSE),
            _ => self.last(),
        }
    }

    fn make_ping(&self) -> Bytes {
        match self.look.transport {
            Transport::WebSocket => Bytes::from_static(websocket::PING),
            Transport::EventStream => self.piece(b": -1\n".to_vec()),
            Transport::Stream => {
                let mut out = Vec::new();
                let ping = control(-1, "", &self.texts.ping);
                let text = &*ping.content.text;
                self.texts
                    .template
                    .fill(&mut out, &ping, text, self.epoch, false);
                self.piece(out)
            }
        }
    }

    fn make_footer(&self) -> Bytes {
        let mut out = Vec::new();
        if let Some(footer) = &self.texts.footer {
            match self.look.transport {
                Transport::EventStream => event_stream::comment(&mut out, footer),
                _ => out.extend_from_slice(footer.as_bytes()),
            }
        }
        let mut out = self.piece(out).to_vec();
        match self.look.transport {
            Transport::WebSocket => out.extend_from_slice(websocket::CLOSE),
            _ => out.extend_from_slice(&self.last()),
        }
        out.into()
    }

    fn last(&self) -> Bytes {
        if self.look.is_chunked {
            Bytes::from_static(chunk::LAST)
        } else {
            Bytes::new()
        }
    }

    /// Fills a piece up with what clients pass over.
    fn pad(&self, out: &mut Vec<u8>, least: usize) {
        let missing = least.saturating_sub(out.len());
        if missing == 0 || self.look.transport == Transport::WebSocket {
            return;
        }
        let before = out.len();
        if self.look.transport == Transport::EventStream {
            out.push(b':');
        }
        out.resize((before + missing - 1).max(out.len()), b' ');
        out.push(b'\n');
    }

    /// What was written, as it goes on the wire.
    fn piece(&self, content: Vec<u8>) -> Bytes {
        if content.is_empty() {
            return Bytes::new();
        }
        let mut out = Vec::with_capacity(content.len() + 16);
        match self.look.transport {
            Transport::WebSocket => self.websocket_frame(&mut out, &content),
            _ if self.look.is_chunked => chunk(&mut out, &content),
            _ => return content.into(),
        }
        out.into()
    }

    fn websocket_frame(&self, out: &mut Vec<u8>, content: &[u8]) {
        if self.look.is_deflated && content.len() >= self.texts.deflate_from {
            let deflated = deflate(content);
            if deflated.len() < content.len() {
                return websocket::compressed(out, &deflated);
            }
        }
        websocket::text(out, content);
    }
}

/// A message that nobody published.
pub(crate) fn control(id: i64, channel: &str, text: &str) -> Message {
    Message {
        kind: Kind::Message,
        channel: channel.into(),
        id,
        number: 0,
        moment: Moment::NEVER,
        is_stored: false,
        position: None,
        content: crate::channel::Content {
            text: text.into(),
            ..crate::channel::Content::default()
        },
    }
}

/// All formats of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Formats {
    formats: Vec<std::sync::Arc<Format>>,
}

impl Formats {
    /// Adds a format.
    pub(crate) fn add(&mut self, look: Look, texts: Texts, epoch: Epoch) -> std::sync::Arc<Format> {
        let format = Format::new(self.formats.len(), look, texts, epoch);
        let format = std::sync::Arc::new(format);
        self.formats.push(std::sync::Arc::clone(&format));
        format
    }

    pub(crate) fn len(&self) -> usize {
        self.formats.len()
    }
}
