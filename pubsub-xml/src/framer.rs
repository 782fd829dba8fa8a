//! Finds where the next stanza ends in the bytes of an XML stream (RFC 6120 §4).
//!
//! The framer only counts tags. It takes what it is given at face value, because whatever it cuts out is read by
//! [`Reader`](crate::Reader), which refuses everything that is not well-formed; a wrong cut of a broken stream is
//! thus never taken for a stanza. It keeps its place, so every byte is looked at once however slowly it comes.

use memchr::{memchr, memchr3, memmem};
use thiserror::Error;

use crate::characters::is_white;

/// How much one frame may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame, in bytes.
    pub max_bytes: usize,
    /// The deepest nesting inside one frame.
    pub max_depth: usize,
}

impl Default for Limits {
    /// 256 KiB and 64 levels.
    fn default() -> Self {
        Self {
            max_bytes: 256 * 1024,
            max_depth: 64,
        }
    }
}

/// A stretch of the stream, from its current start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// How many bytes it has.
    pub len: usize,
}

/// What a stretch of the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// `<?xml …?>`, before the header only.
    Declaration,
    /// The start tag of the stream.
    Header,
    /// One whole child of the stream: a stanza, features, a stream error.
    Element,
    /// White space between them, sent to keep the connection alive.
    White,
    /// The end tag of the stream.
    Footer,
}

/// Why a stream cannot be framed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Text, or something else that is no tag, where a frame should start.
    #[error("the stream has something other than a tag where a stanza should start")]
    Malformed,
    /// A comment, processing instruction or document type (RFC 6120 §11.1).
    #[error("comments, processing instructions and document types are not allowed")]
    Restricted,
    /// A frame longer than [`Limits::max_bytes`]; white space between frames is none.
    #[error("a stanza is longer than {0} bytes")]
    TooLong(usize),
    /// A frame nested deeper than [`Limits::max_depth`].
    #[error("a stanza is nested deeper than {0} elements")]
    TooDeep(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first byte of a frame.
    Start,
    /// Between the tags of a frame.
    Content,
    /// In a tag, outside quotes.
    Tag,
    /// In an attribute value, which this quote ends.
    Quoted(u8),
    Cdata,
    Declaration,
}

/// Cuts one direction of one XML stream.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    place: Place,
    /// How far the current frame has been looked at.
    scanned: usize,
    /// Where the tag starts that is being scanned.
    tag: usize,
    depth: usize,
    header_seen: bool,
}

const CDATA: &[u8] = b"<![CDATA[";

impl Framer {
    /// A framer at the very start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            place: Place::Start,
            scanned: 0,
            tag: 0,
            depth: 0,
            header_seen: false,
        }
    }

    /// A framer for a stream whose header has already been read by somebody else.
    #[must_use]
    pub fn after_header(limits: Limits) -> Self {
        Self {
            header_seen: true,
            ..Self::new(limits)
        }
    }

    /// Expects a new header, as after a stream restart (RFC 6120 §4.3.3).
    pub fn reset(&mut self) {
        *self = Self::new(self.limits);
    }

    /// Other limits from here on, as after authentication.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The next whole frame at the start of `buffer`, or `None` until more bytes have come.
    ///
    /// The caller takes the frame out of the buffer before it asks again; after `None` it asks again with the
    /// same bytes and more.
    ///
    /// # Errors
    ///
    /// [`FrameError`]; the stream cannot be read any further.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Option<Frame>, FrameError> {
        let frame = self.scan(buffer)?;
        let length = match frame {
            // Of white space any amount may come at once, and it can be forgotten as it comes.
            Some(frame) if frame.kind == FrameKind::White => 0,
            Some(frame) => frame.len,
            None => buffer.len(),
        };
        if length > self.limits.max_bytes {
            return Err(FrameError::TooLong(self.limits.max_bytes));
        }
        if frame.is_some() {
            self.place = Place::Start;
            self.scanned = 0;
        }
        Ok(frame)
    }

    fn scan(&mut self, buffer: &[u8]) -> Result<Option<Frame>, FrameError> {
        loop {
            let rest = buffer.get(self.scanned..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(None);
            }
            let found = match self.place {
                Place::Start => self.start(rest)?,
                Place::Content => match memchr(b'<', rest) {
                    Some(at) => {
                        self.scanned += at;
                        self.markup(rest.get(at..).unwrap_or_default())?
                    }
                    None => self.wait(rest.len()),
                },
                Place::Tag => self.tag(rest, buffer)?,
                Place::Quoted(quote) => match memchr(quote, rest) {
                    Some(at) => self.go(Place::Tag, at + 1),
                    None => self.wait(rest.len()),
                },
                Place::Cdata => self.until(rest, b"]]>", Place::Content),
                Place::Declaration => match memmem::find(rest, b"?>") {
                    Some(at) => Found::Frame(FrameKind::Declaration, self.scanned + at + 2),
                    None => self.wait(rest.len().saturating_sub(1)),
                },
            };
            match found {
                Found::Nothing => return Ok(None),
                Found::Progress => {}
                Found::Frame(kind, len) => return Ok(Some(Frame { kind, len })),
            }
        }
    }

    fn start(&mut self, rest: &[u8]) -> Result<Found, FrameError> {
        let white = rest.iter().take_while(|&&byte| is_white(byte)).count();
        if white > 0 {
            return Ok(Found::Frame(FrameKind::White, white));
        }
        match rest {
            [b'<', b'?', ..] if !self.header_seen => Ok(self.go(Place::Declaration, 2)),
            [b'<', b'!' | b'?', ..] => Err(FrameError::Restricted),
            [b'<', b'/', ..] if !self.header_seen => Err(FrameError::Malformed),
            [b'<', _, ..] => {
                self.tag = 0;
                Ok(self.go(Place::Tag, 1))
            }
            [b'<'] => Ok(Found::Nothing),
            _ => Err(FrameError::Malformed),
        }
    }

    /// At a `<` inside a frame.
    fn markup(&mut self, rest: &[u8]) -> Result<Found, FrameError> {
        match rest {
            [b'<'] => Ok(Found::Nothing),
            [b'<', b'!', ..] if rest.starts_with(CDATA) => Ok(self.go(Place::Cdata, CDATA.len())),
            [b'<', b'!', ..] if CDATA.starts_with(rest) => Ok(Found::Nothing),
            [b'<', b'!' | b'?', ..] => Err(FrameError::Restricted),
            _ => {
                self.tag = self.scanned;
                Ok(self.go(Place::Tag, 1))
            }
        }
    }

    /// In a tag, up to its `>` or the next quote.
    fn tag(&mut self, rest: &[u8], buffer: &[u8]) -> Result<Found, FrameError> {
        let Some(at) = memchr3(b'>', b'"', b'\'', rest) else {
            return Ok(self.wait(rest.len()));
        };
        if let Some(&quote @ (b'"' | b'\'')) = rest.get(at) {
            return Ok(self.go(Place::Quoted(quote), at + 1));
        }
        let end = self.scanned + at;
        let closes = buffer.get(self.tag + 1) == Some(&b'/');
        let is_empty = end.checked_sub(1).and_then(|last| buffer.get(last)) == Some(&b'/');
        if !self.header_seen {
            self.header_seen = true;
            return Ok(Found::Frame(FrameKind::Header, end + 1));
        }
        if closes && self.depth == 0 {
            return Ok(Found::Frame(FrameKind::Footer, end + 1));
        }
        if closes {
            self.depth -= 1;
        } else if !is_empty {
            self.depth += 1;
            if self.depth > self.limits.max_depth {
                return Err(FrameError::TooDeep(self.limits.max_depth));
            }
        }
        if self.depth == 0 {
            return Ok(Found::Frame(FrameKind::Element, end + 1));
        }
        Ok(self.go(Place::Content, at + 1))
    }

    fn until(&mut self, rest: &[u8], mark: &[u8], then: Place) -> Found {
        match memmem::find(rest, mark) {
            Some(at) => self.go(then, at + mark.len()),
            None => self.wait(rest.len().saturating_sub(mark.len() - 1)),
        }
    }

    fn go(&mut self, place: Place, by: usize) -> Found {
        self.place = place;
        self.scanned += by;
        Found::Progress
    }

    fn wait(&mut self, seen: usize) -> Found {
        self.scanned += seen;
        Found::Nothing
    }
}

enum Found {
    /// More bytes are needed.
    Nothing,
    /// The place has moved on.
    Progress,
    Frame(FrameKind, usize),
}
