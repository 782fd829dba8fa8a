//! What is published: 300 bytes of JSON with a mark in it, which says who sent it, as which one, and when.

use memchr::memmem;

/// How many publishers there are at most.
pub(crate) const PUBLISHERS: usize = 16;
/// How long a message is.
const LENGTH: usize = 300;
/// `@@PP:NNNNNNNN:TTTTTTTTTTTT`
const MARK: usize = 26;
/// So many bytes after a mark there is no other: what is left of the message itself.
const REST: usize = LENGTH - MARK - 12;

/// A message that was heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) publisher: usize,
    /// Which one of this publisher's, from 0 on.
    pub(crate) number: u32,
    /// When it was sent or was to be sent, in microseconds since the start.
    pub(crate) micros: u64,
}

impl Mark {
    pub(crate) fn text(self) -> String {
        let Self {
            publisher,
            number,
            micros,
        } = self;
        let text = format!("{{\"mark\":\"@@{publisher:02}:{number:08}:{micros:012}\",\"text\":\"");
        let filling = LENGTH - text.len() - 2;
        let words = "said and heard ".repeat(LENGTH / 15);
        format!("{text}{}\"}}", &words[..filling])
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let number = |from: usize, to: usize| {
            let digits = bytes.get(from..to)?;
            digits.iter().try_fold(0_u64, |number, digit| {
                let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
                Some(number * 10 + u64::from(digit))
            })
        };
        Some(Self {
            publisher: usize::try_from(number(2, 4)?).ok()?,
            number: u32::try_from(number(5, 13)?).ok()?,
            micros: number(14, 26)?,
        })
    }
}

/// What a connection has read that may be the beginning of a mark.
#[derive(Debug, Default)]
pub(crate) struct Carry {
    bytes: [u8; MARK],
    length: usize,
}

/// So much room is needed before what is read.
pub(crate) const ROOM: usize = MARK;

impl Carry {
    /// Finds the marks in `buffer[ROOM..ROOM + length]` and what came before it.
    pub(crate) fn scan(&mut self, buffer: &mut [u8], length: usize, mut found: impl FnMut(Mark)) {
        let from = ROOM - self.length;
        buffer[from..ROOM].copy_from_slice(&self.bytes[..self.length]);
        let bytes = &buffer[from..ROOM + length];
        let mut next = 0;
        while let Some(at) = bytes.get(next..).and_then(|rest| memmem::find(rest, b"@@")) {
            let Some(mark) = bytes.get(next + at..next + at + MARK) else {
                break;
            };
            found(Mark::read(mark).expect("a mark is whole"));
            next += at + MARK + REST;
        }
        let rest = &bytes[next
            .max(bytes.len().saturating_sub(MARK - 1))
            .min(bytes.len())..];
        self.bytes[..rest.len()].copy_from_slice(rest);
        self.length = rest.len();
    }
}
