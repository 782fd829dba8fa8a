//! What a WebSocket client sends (RFC 6455 §5): a strict reader of frames, joined to messages.
//!
//! Pure: bytes in, messages out. Keeps no buffer while there is no frame half read. What breaks the rules is answered with the close code that
//! the standard has for it.

use crate::frame::{InflateError, inflate};

/// What a client has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    Text(String),
    Ping(Vec<u8>),
    /// It closes, with this code.
    Close(Option<u16>),
}

/// Why a client is closed, by code and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) u16, pub(crate) &'static str);

const PROTOCOL: u16 = 1002;
const UNSUPPORTED: u16 = 1003;
const NOT_TEXT: u16 = 1007;
const TOO_BIG: u16 = 1009;

#[derive(Debug)]
pub(crate) struct Incoming {
    /// The largest message.
    most: usize,
    /// Messages may be compressed.
    may_be_deflated: bool,
    bytes: Vec<u8>,
    /// The fragments of a message so far, and whether it is compressed.
    message: Option<(Vec<u8>, bool)>,
    /// The client has closed or broken the rules: nothing that it sends counts any more, and nothing of it is kept.
    is_over: bool,
}

/// A frame's first bytes.
#[derive(Debug)]
struct Head {
    is_final: bool,
    is_deflated: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Where the payload begins, and where it ends.
    start: usize,
    end: usize,
}

impl Incoming {
    pub(crate) fn new(most: usize, may_be_deflated: bool) -> Self {
        Self {
            most,
            may_be_deflated,
            bytes: Vec::new(),
            message: None,
            is_over: false,
        }
    }

    /// Takes bytes as they came. After each of them `next` is to be called until it has nothing, so that no more is kept than one frame.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if !self.is_over {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The next thing that the client has sent in full. After its end, or a violation, there is nothing more.
    pub(crate) fn next(&mut self) -> Result<Option<Received>, Violation> {
        let next = self.read();
        if matches!(next, Err(_) | Ok(Some(Received::Close(_)))) {
            (self.bytes, self.message, self.is_over) = (Vec::new(), None, true);
        }
        next
    }

    fn read(&mut self) -> Result<Option<Received>, Violation> {
        loop {
            let Some(head) = self.head()? else {
                return Ok(None);
            };
            if self.bytes.len() < head.end {
                return Ok(None);
            }
            let mut payload = self
                .bytes
                .get(head.start..head.end)
                .unwrap_or_default()
                .to_vec();
            for (byte, key) in payload.iter_mut().zip(head.mask.iter().cycle()) {
                *byte ^= key;
            }
            self.bytes.drain(..head.end);
            if self.bytes.is_empty() {
                self.bytes = Vec::new();
            }
            if let Some(received) = self.frame(&head, payload)? {
                return Ok(Some(received));
            }
        }
    }

    fn head(&self) -> Result<Option<Head>, Violation> {
        let [first, second, rest @ ..] = &self.bytes[..] else {
            return Ok(None);
        };
        let (is_final, opcode) = (first & 0x80 != 0, first & 0x0f);
        // Only the first frame of a message says that it is compressed.
        let may_be_deflated = self.may_be_deflated && opcode == 1;
        let is_deflated = first & 0x40 != 0;
        if first & 0x30 != 0 || (is_deflated && !may_be_deflated) {
            return Err(Violation(PROTOCOL, "a reserved bit is set"));
        }
        if second & 0x80 == 0 {
            return Err(Violation(PROTOCOL, "frames of clients must be masked"));
        }
        let (length, taken) = match (second & 0x7f, rest) {
            (126, [high, low, ..]) => (usize::from(u16::from_be_bytes([*high, *low])), 2),
            (126, _) => return Ok(None),
            (127, rest) => match rest.first_chunk() {
                Some(length) => {
                    let length = u64::from_be_bytes(*length);
                    (usize::try_from(length).unwrap_or(usize::MAX), 8)
                }
                None => return Ok(None),
            },
            (length, _) => (usize::from(length), 0),
        };
        if opcode >= 8 && (length > 125 || !is_final) {
            return Err(Violation(
                PROTOCOL,
                "a control frame is too long or in pieces",
            ));
        }
        let so_far = self
            .message
            .as_ref()
            .map_or(0, |(message, _)| message.len());
        if length > self.most.saturating_sub(so_far) && opcode < 8 {
            return Err(Violation(TOO_BIG, "the message is too big"));
        }
        let start = 2 + taken + 4;
        let mask = self.bytes.get(2 + taken..start);
        let Some(mask) = mask.and_then(|mask| mask.try_into().ok()) else {
            return Ok(None);
        };
        Ok(Some(Head {
            is_final,
            is_deflated,
            opcode,
            mask,
            start,
            end: start + length,
        }))
    }

    fn text(&self, bytes: Vec<u8>, is_deflated: bool) -> Result<Received, Violation> {
        let bytes = if is_deflated {
            inflate(&bytes, self.most).map_err(|error| match error {
                InflateError::TooBig => Violation(TOO_BIG, "the message is too big"),
                InflateError::Broken => Violation(NOT_TEXT, "the message cannot be inflated"),
            })?
        } else {
            bytes
        };
        String::from_utf8(bytes)
            .map(Received::Text)
            .map_err(|_| Violation(NOT_TEXT, "text must be UTF-8"))
    }

    fn frame(&mut self, head: &Head, payload: Vec<u8>) -> Result<Option<Received>, Violation> {
        match (head.opcode, &mut self.message) {
            (0, Some((message, _))) => {
                message.extend_from_slice(&payload);
                if !head.is_final {
                    return Ok(None);
                }
                let (whole, is_deflated) = self.message.take().unwrap_or_default();
                self.text(whole, is_deflated).map(Some)
            }
            (1, None) if head.is_final => self.text(payload, head.is_deflated).map(Some),
            (1, None) => {
                self.message = Some((payload, head.is_deflated));
                Ok(None)
            }
            (0, None) => Err(Violation(PROTOCOL, "a continuation of nothing")),
            (1 | 2, Some(_)) => Err(Violation(PROTOCOL, "a message within a message")),
            (2, None) => Err(Violation(UNSUPPORTED, "only text is taken")),
            (8, _) => close(&payload).map(Some),
            (9, _) => Ok(Some(Received::Ping(payload))),
            (10, _) => Ok(None),
            _ => Err(Violation(PROTOCOL, "an unknown kind of frame")),
        }
    }
}

fn close(payload: &[u8]) -> Result<Received, Violation> {
    match payload {
        [] => Ok(Received::Close(None)),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(Violation(PROTOCOL, "a close code that nobody may send"));
            }
            match std::str::from_utf8(reason) {
                Ok(_) => Ok(Received::Close(Some(code))),
                Err(_) => Err(Violation(NOT_TEXT, "text must be UTF-8")),
            }
        }
        [_] => Err(Violation(PROTOCOL, "half a close code")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Incoming, Received, Violation};

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
            length @ 126..=0xffff => {
                frame.push(0xfe);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(0xff);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&mask);
        frame.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
        frame
    }

    fn received(bytes: &[u8], piece: usize) -> Result<Vec<Received>, Violation> {
        let mut incoming = Incoming::new(1000, false);
        let mut all = Vec::new();
        for piece in bytes.chunks(piece) {
            incoming.feed(piece);
            while let Some(received) = incoming.next()? {
                all.push(received);
            }
        }
        Ok(all)
    }

    #[test]
    fn several_frames_in_one_segment_are_all_read() {
        let bytes = [
            masked(0x81, b"a"),
            masked(0x89, b"p"),
            masked(0x81, b""),
            masked(0x8a, b"x"),
        ]
        .concat();
        let expected = vec![
            Received::Text("a".to_owned()),
            Received::Ping(b"p".to_vec()),
            Received::Text(String::new()),
        ];
        for piece in 1..bytes.len() {
            assert_eq!(received(&bytes, piece).as_ref(), Ok(&expected));
        }
    }

    #[test]
    fn fragments_are_joined_around_control_frames() {
        let bytes = [
            masked(0x01, b"a\xc3"),
            masked(0x89, b""),
            masked(0x00, b"\xa9"),
            masked(0x80, b"c"),
        ]
        .concat();
        let expected = vec![Received::Ping(Vec::new()), Received::Text("aéc".to_owned())];
        assert_eq!(received(&bytes, 3), Ok(expected));
    }

    #[test]
    fn nothing_is_kept_of_what_comes_after_the_end() {
        let ends: [&[u8]; 3] = [&[0x81, 1, b'a'], &masked(0x88, b""), &masked(0x83, b"")];
        for end in ends {
            let mut incoming = Incoming::new(1000, false);
            incoming.feed(end);
            let _ = incoming.next();
            for _ in 0..32 << 10 {
                incoming.feed(&[0; 2048]);
                assert_eq!(incoming.next(), Ok(None));
            }
            assert_eq!(incoming.bytes.capacity(), 0, "{end:x?}");
        }
    }

    #[test]
    fn closing_is_understood() {
        assert_eq!(
            received(&masked(0x88, b""), 9),
            Ok(vec![Received::Close(None)])
        );
        let expected = vec![Received::Close(Some(1001))];
        assert_eq!(received(&masked(0x88, b"\x03\xe9bye"), 9), Ok(expected));
    }

    #[test]
    fn what_breaks_the_rules_has_a_code() {
        for (bytes, code) in [
            (vec![0x81, 0x01, b'a'], 1002),
            (masked(0xc1, b"a"), 1002),
            (masked(0x82, b"a"), 1003),
            (masked(0x83, b"a"), 1002),
            (masked(0x80, b"a"), 1002),
            (masked(0x09, b"a"), 1002),
            (masked(0x89, &[0; 126]), 1002),
            (masked(0x81, b"\xff"), 1007),
            (masked(0x88, b"\x03"), 1002),
            (masked(0x88, b"\x03\xed"), 1002),
            (masked(0x88, b"\x03\xe8\xff"), 1007),
            (masked(0x81, &[b'a'; 1001]), 1009),
            (
                [masked(0x01, &[b'a'; 600]), masked(0x80, &[b'a'; 600])].concat(),
                1009,
            ),
            ([masked(0x01, b"a"), masked(0x81, b"b")].concat(), 1002),
            (
                vec![0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                1009,
            ),
        ] {
            assert_eq!(received(&bytes, 64).unwrap_err().0, code, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = received(&bytes, piece);
        }

        #[test]
        fn texts_arrive_whole(texts in proptest::collection::vec("\\PC{0,100}", 0..5), piece in 1_usize..50) {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| masked(0x81, text.as_bytes())).collect();
            let all = received(&bytes, piece).unwrap();
            let expected: Vec<_> = texts.into_iter().map(Received::Text).collect();
            prop_assert_eq!(all, expected);
        }
    }
}
