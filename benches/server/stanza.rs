//! What is published, byte by byte, and how it is found again in what arrives: no parser, so that the load is not what is measured.

use std::io::Write as _;

use memchr::memmem;

/// How long a payload is.
pub(crate) const PAYLOAD: usize = 320;
/// `@@NNNNNNNN@@`
const MARK: usize = 12;
const HEAD: &str = "<entry xmlns='http://www.w3.org/2005/Atom'><title>";
const MIDDLE: &str = "</title><summary>";
const TAIL: &str = "</summary></entry>";
/// So many bytes after a mark there is no other: what is left of the payload itself.
const REST: usize = PAYLOAD - HEAD.len() - MARK;

/// Writes requests to publish.
#[derive(Debug)]
pub(crate) struct Writer {
    after_id: Vec<u8>,
    /// Between the node and the item's id, and between that and the mark.
    before_item: &'static [u8],
    after_mark: Vec<u8>,
    nodes: Vec<String>,
    /// After so many the ids of items begin anew.
    ids: usize,
}

impl Writer {
    /// Publishes to these nodes in turns; items with so many ids, one after the other.
    pub(crate) fn new(service: &str, nodes: Vec<String>, ids: usize) -> Self {
        let filling = PAYLOAD - HEAD.len() - MARK - MIDDLE.len() - TAIL.len();
        let words = "said and heard ".repeat(PAYLOAD / 15);
        Self {
            after_id: format!(
                "' to='{service}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='"
            )
            .into_bytes(),
            before_item: b"'><item id='",
            after_mark: format!(
                "@@{MIDDLE}{}{TAIL}</item></publish></pubsub></iq>",
                &words[..filling]
            )
            .into_bytes(),
            nodes,
            ids,
        }
    }

    /// Appends the request with that number.
    pub(crate) fn write(&self, out: &mut Vec<u8>, number: u32) {
        let node = &self.nodes[number as usize % self.nodes.len()];
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(b"<iq type='set' id='p");
        out.extend_from_slice(digits.format(number).as_bytes());
        out.extend_from_slice(&self.after_id);
        out.extend_from_slice(node.as_bytes());
        out.extend_from_slice(self.before_item);
        let round = number as usize / self.nodes.len();
        let id = round % self.ids;
        out.extend_from_slice(digits.format(id).as_bytes());
        out.extend_from_slice(b"'>");
        out.extend_from_slice(HEAD.as_bytes());
        write!(out, "@@{number:08}").expect("a vector takes everything");
        out.extend_from_slice(&self.after_mark);
    }
}

/// Finds answers in what a publisher reads.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    unread: Vec<u8>,
}

impl Answers {
    /// Takes what was read, and tells the numbers that were answered.
    pub(crate) fn scan(&mut self, bytes: &[u8], mut answered: impl FnMut(u32)) {
        self.unread.extend_from_slice(bytes);
        let mut used = 0;
        // What may be the beginning of a tag is looked at again.
        let mut kept = self.unread.len().saturating_sub(3);
        while let Some(at) = memmem::find(&self.unread[used..], b"<iq ") {
            let start = used + at;
            let Some(length) = memchr::memchr(b'>', &self.unread[start..]) else {
                kept = start;
                break;
            };
            let tag = &self.unread[start..start + length];
            let number = value(tag, b" id=").and_then(|id| id.strip_prefix(b"p"));
            match (value(tag, b" type="), number) {
                (Some(b"result"), Some(digits)) => answered(read(digits)),
                _ => panic!("not published: {}", String::from_utf8_lossy(&self.unread)),
            }
            used = start + length;
        }
        self.unread.drain(..kept.max(used));
    }
}

/// The value of an attribute, in whichever quotes.
fn value<'t>(tag: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let at = memmem::find(tag, name)? + name.len();
    let quote = *tag.get(at)?;
    let rest = &tag[at + 1..];
    memchr::memchr(quote, rest).map(|end| &rest[..end])
}

fn read(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| {
        assert!(digit.is_ascii_digit(), "a number of digits");
        number * 10 + u32::from(digit - b'0')
    })
}

/// What a connection has read that may be the beginning of a mark.
#[derive(Debug, Default)]
pub(crate) struct Carry {
    bytes: [u8; MARK],
    length: usize,
    /// How much of what comes next belongs to a payload that was found.
    skip: usize,
}

/// So much room is needed before what is read.
pub(crate) const ROOM: usize = MARK;

impl Carry {
    /// Finds the marks in `buffer[ROOM..ROOM + length]` and what came before it.
    pub(crate) fn scan(&mut self, buffer: &mut [u8], length: usize, mut found: impl FnMut(u32)) {
        let from = ROOM - self.length;
        buffer[from..ROOM].copy_from_slice(&self.bytes[..self.length]);
        let bytes = &buffer[from..ROOM + length];
        let mut next = self.skip;
        while let Some(at) = bytes.get(next..).and_then(|rest| memmem::find(rest, b"@@")) {
            let Some(mark) = bytes.get(next + at..next + at + MARK) else {
                break;
            };
            found(read(&mark[2..10]));
            next += at + MARK + REST;
        }
        self.skip = next.saturating_sub(bytes.len());
        let rest = &bytes[next
            .max(bytes.len().saturating_sub(MARK - 1))
            .min(bytes.len())..];
        self.bytes[..rest.len()].copy_from_slice(rest);
        self.length = rest.len();
    }
}
