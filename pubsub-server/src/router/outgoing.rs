//! The bytes of one connection on their way out, and under stream management (XEP-0198) until the client has acknowledged them.
//!
//! One contiguous buffer: `[ sent, not acknowledged | not sent ]`. Without stream management the first part is empty. Owned by the task of
//! the connection, or parked while none is there. Where its pieces begin is remembered under stream management, and for a carrier that
//! sends each piece by itself.

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};

use super::outbox::KEPT;
use super::waiting::Waiting;
use crate::wire::management::REQUEST_ACKNOWLEDGEMENT;
use crate::wire::stream::StreamError;

/// After so many unacknowledged stanzas or bytes the client is asked to acknowledge.
const ASK_AFTER: usize = 64;
const ASK_AFTER_BYTES: usize = 32 * 1024;

/// A connection's half of the queue.
#[derive(Debug)]
pub(crate) struct Outgoing {
    buffer: BytesMut,
    sent: usize,
    /// How many stanzas were put in since somebody last asked.
    stanzas: u32,
    ledger: Option<Ledger>,
}

/// What the buffer holds, piece by piece.
#[derive(Debug, Default)]
struct Ledger {
    pieces: VecDeque<Piece>,
    /// How many of them were taken, by a carrier that takes one at a time.
    taken: usize,
    /// Whether stanzas are counted and wait for their acknowledgement.
    is_counting: bool,
    /// How many stanzas the client has acknowledged since counting began, modulo 2^32.
    acknowledged: u32,
    stanzas: usize,
    since_asked: usize,
    bytes_since_asked: usize,
    is_asked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    length: u32,
    is_stanza: bool,
}

impl Outgoing {
    /// An empty one. One that is framed remembers where each piece begins.
    pub(crate) fn new(is_framed: bool) -> Self {
        Self {
            buffer: BytesMut::new(),
            sent: 0,
            stanzas: 0,
            ledger: is_framed.then(Ledger::default),
        }
    }

    /// All bytes held, sent or not.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// What the socket has not taken yet.
    pub(crate) fn unsent(&self) -> &[u8] {
        self.buffer.get(self.sent..).unwrap_or_default()
    }

    /// How many bytes the client has been sent and not acknowledged.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.sent
    }

    /// The first piece that is not sent yet, of an outgoing that is framed.
    pub(crate) fn next_piece(&self) -> Option<&[u8]> {
        let ledger = self.ledger.as_ref()?;
        let piece = ledger.pieces.get(ledger.taken)?;
        self.unsent().get(..piece.length as usize)
    }

    /// Notes that the carrier has taken [`next_piece`](Self::next_piece).
    pub(crate) fn take_piece(&mut self) {
        let Some(ledger) = &mut self.ledger else {
            return;
        };
        if let Some(piece) = ledger.pieces.get(ledger.taken) {
            ledger.taken += 1;
            let length = piece.length as usize;
            self.advance(length);
        }
    }

    /// Counts stanzas from here on; bytes held so far are not counted.
    pub(super) fn start_counting(&mut self) {
        let length = self.buffer.len();
        let ledger = self.ledger.get_or_insert_with(|| {
            let mut ledger = Ledger::default();
            if length > 0 {
                ledger.push(length, false);
            }
            ledger
        });
        ledger.start_counting();
    }

    /// Appends one stanza.
    pub(crate) fn push_stanza(&mut self, stanza: &str) {
        self.count(1);
        self.buffer.extend_from_slice(stanza.as_bytes());
        if let Some(ledger) = &mut self.ledger {
            ledger.push(stanza.len(), true);
        }
    }

    /// Notes that so many stanzas were put in.
    pub(super) fn count(&mut self, stanzas: u32) {
        self.stanzas = self.stanzas.wrapping_add(stanzas);
    }

    /// How many stanzas were put in since this was last asked.
    pub(crate) fn take_count(&mut self) -> u32 {
        std::mem::take(&mut self.stanzas)
    }

    /// Appends something that is not counted.
    pub(crate) fn push_other(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
        if let Some(ledger) = &mut self.ledger {
            ledger.push(text.len(), false);
        }
    }

    /// Takes over the stanzas that wait; none do afterwards.
    pub(super) fn absorb(&mut self, waiting: &mut Waiting) {
        if let Some(ledger) = &mut self.ledger {
            if !waiting.is_measured() {
                ledger.push(waiting.len(), false);
            }
            for length in waiting.drain_lengths() {
                ledger.push(length as usize, true);
            }
        }
        waiting.move_to(&mut self.buffer);
    }

    /// Asks the client to acknowledge if enough has gathered.
    pub(crate) fn ask_if_due(&mut self) {
        if self.ledger.as_ref().is_some_and(Ledger::is_due) {
            self.push_other(REQUEST_ACKNOWLEDGEMENT);
            if let Some(ledger) = &mut self.ledger {
                ledger.is_asked = true;
                ledger.since_asked = 0;
                ledger.bytes_since_asked = 0;
            }
        }
    }

    /// Notes that the socket took so many bytes.
    pub(crate) fn advance(&mut self, bytes: usize) {
        match &mut self.ledger {
            None => self.buffer.advance(bytes.min(self.buffer.len())),
            Some(ledger) => {
                self.sent = (self.sent + bytes).min(self.buffer.len());
                let done = ledger.drop_sent(self.sent);
                self.release(done);
            }
        }
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
            self.buffer = BytesMut::new();
        }
    }

    /// The stanzas that the client has not acknowledged, as far as they are counted.
    pub(super) fn stanzas(&self) -> Vec<String> {
        let Some(ledger) = self.ledger.as_ref().filter(|ledger| ledger.is_counting) else {
            return Vec::new();
        };
        let mut rest = &self.buffer[..];
        let mut stanzas = Vec::new();
        for piece in &ledger.pieces {
            let Some((text, after)) = rest.split_at_checked(piece.length as usize) else {
                break;
            };
            rest = after;
            if piece.is_stanza {
                stanzas.push(String::from_utf8_lossy(text).into_owned());
            }
        }
        stanzas
    }

    /// Notes that the client has handled so many stanzas in all.
    pub(crate) fn acknowledge(&mut self, handled: u32) -> Result<(), StreamError> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        if !ledger.is_counting {
            return Ok(());
        }
        ledger.is_asked = false;
        let newly = handled.wrapping_sub(ledger.acknowledged) as usize;
        if newly > ledger.stanzas {
            let stanzas = u32::try_from(ledger.stanzas).unwrap_or(u32::MAX);
            let sent = ledger.acknowledged.wrapping_add(stanzas);
            return Err(StreamError::HandledCountTooHigh { handled, sent });
        }
        ledger.acknowledged = handled;
        let mut done = 0;
        let mut left = newly;
        while left > 0 {
            let Some(piece) = ledger.pop() else { break };
            done += piece.length as usize;
            left -= usize::from(piece.is_stanza);
        }
        // Stanzas still in the buffer of a broken connection may have been acknowledged by resuming; they count as sent.
        self.sent = self.sent.max(done);
        done += ledger.drop_sent(self.sent - done);
        self.release(done);
        Ok(())
    }

    /// Goes back to the first unacknowledged stanza, for a new connection that `openings` go out on first, each a piece of its own. What is no
    /// stanza belonged to the old connection.
    pub(crate) fn rewind(&mut self, openings: &[String]) {
        self.sent = 0;
        let Some(ledger) = &mut self.ledger else {
            return;
        };
        let opening = openings.concat();
        let old = std::mem::replace(&mut self.buffer, BytesMut::from(opening.as_bytes()));
        let mut rest: &[u8] = &old;
        for piece in &ledger.pieces {
            let (bytes, after) = rest
                .split_at_checked(piece.length as usize)
                .unwrap_or((rest, &[]));
            if piece.is_stanza {
                self.buffer.extend_from_slice(bytes);
            }
            rest = after;
        }
        ledger.pieces.retain(|piece| piece.is_stanza);
        for opening in openings.iter().rev() {
            ledger.pieces.push_front(Piece {
                length: u32::try_from(opening.len()).unwrap_or(u32::MAX),
                is_stanza: false,
            });
        }
        ledger.taken = 0;
        ledger.is_asked = false;
    }

    fn release(&mut self, bytes: usize) {
        self.buffer.advance(bytes.min(self.buffer.len()));
        self.sent = self.sent.saturating_sub(bytes);
    }
}

impl Ledger {
    fn push(&mut self, length: usize, is_stanza: bool) {
        self.pieces.push_back(Piece {
            length: u32::try_from(length).unwrap_or(u32::MAX),
            is_stanza,
        });
        if is_stanza {
            self.stanzas += 1;
            self.since_asked += 1;
            self.bytes_since_asked += length;
        }
    }

    fn pop(&mut self) -> Option<Piece> {
        let piece = self.pieces.pop_front()?;
        self.taken = self.taken.saturating_sub(1);
        self.stanzas -= usize::from(piece.is_stanza);
        Some(piece)
    }

    fn start_counting(&mut self) {
        self.is_counting = true;
        self.stanzas = 0;
        self.since_asked = 0;
        self.bytes_since_asked = 0;
        for piece in &mut self.pieces {
            piece.is_stanza = false;
        }
    }

    /// Drops the pieces at the front that have been sent and wait for no acknowledgement; returns their bytes.
    fn drop_sent(&mut self, sent: usize) -> usize {
        let mut done = 0;
        while let Some(piece) = self.pieces.front() {
            let waits = piece.is_stanza && self.is_counting;
            if waits || done + piece.length as usize > sent {
                break;
            }
            done += piece.length as usize;
            self.pop();
        }
        done
    }

    fn is_due(&self) -> bool {
        self.is_counting
            && !self.is_asked
            && (self.since_asked >= ASK_AFTER || self.bytes_since_asked >= ASK_AFTER_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(outgoing: &mut Outgoing) -> Vec<String> {
        let mut pieces = Vec::new();
        while let Some(piece) = outgoing.next_piece() {
            pieces.push(String::from_utf8(piece.to_vec()).expect("utf-8"));
            outgoing.take_piece();
        }
        pieces
    }

    fn counted(stanzas: &[&str]) -> Outgoing {
        let mut outgoing = Outgoing::new(false);
        outgoing.push_other("<enabled/>");
        outgoing.start_counting();
        for stanza in stanzas {
            outgoing.push_stanza(stanza);
        }
        outgoing
    }

    fn send_all(outgoing: &mut Outgoing) -> String {
        let text = String::from_utf8(outgoing.unsent().to_vec()).expect("utf-8");
        outgoing.advance(text.len());
        text
    }

    #[test]
    fn without_counting_what_is_sent_is_gone() {
        let mut outgoing = Outgoing::new(false);
        outgoing.push_stanza("<a/><b/>");
        outgoing.advance(4);
        assert_eq!(outgoing.unsent(), b"<b/>");
        assert_eq!(outgoing.len(), 4);
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again_without_what_is_no_stanza() {
        let mut outgoing = counted(&["<a/>", "<b/>"]);
        outgoing.push_other("<r/>");
        outgoing.push_stanza("<c/>");
        assert_eq!(send_all(&mut outgoing), "<enabled/><a/><b/><r/><c/>");
        assert_eq!(outgoing.len(), 16);
        outgoing.acknowledge(1).expect("one was sent");
        outgoing.rewind(&["<resumed/>".to_owned()]);
        assert_eq!(send_all(&mut outgoing), "<resumed/><b/><c/>");
        outgoing.acknowledge(3).expect("three were sent");
        assert_eq!(outgoing.len(), 0);
    }

    #[test]
    fn acknowledging_what_was_never_sent_is_an_error() {
        let mut outgoing = counted(&["<a/>"]);
        send_all(&mut outgoing);
        assert_eq!(
            outgoing.acknowledge(2),
            Err(StreamError::HandledCountTooHigh {
                handled: 2,
                sent: 1
            })
        );
    }

    #[test]
    fn a_resumed_client_may_have_seen_what_the_server_thought_unsent() {
        let mut outgoing = counted(&["<a/>", "<b/>"]);
        outgoing.acknowledge(1).expect("it is held");
        outgoing.rewind(&[]);
        assert_eq!(send_all(&mut outgoing), "<b/>");
    }
    #[test]
    fn a_framed_one_hands_out_one_piece_after_the_other_and_forgets_them() {
        let mut outgoing = Outgoing::new(true);
        outgoing.push_other("<open/>");
        outgoing.push_stanza("<a/>");
        let mut waiting = Waiting::new(true);
        waiting.push(["<b/>"][..].into());
        waiting.push(["<c", "c/>"][..].into());
        outgoing.absorb(&mut waiting);
        assert_eq!(outgoing.unsent(), b"<open/><a/><b/><cc/>");
        assert_eq!(
            take_all(&mut outgoing),
            ["<open/>", "<a/>", "<b/>", "<cc/>"]
        );
        assert_eq!((outgoing.len(), outgoing.next_piece()), (0, None));
    }

    #[test]
    fn a_framed_one_that_counts_keeps_what_is_not_acknowledged() {
        let mut outgoing = Outgoing::new(true);
        outgoing.push_stanza("<uncounted/>");
        outgoing.push_other("<enabled/>");
        outgoing.start_counting();
        outgoing.push_stanza("<a/>");
        outgoing.push_stanza("<b/>");
        assert_eq!(
            take_all(&mut outgoing),
            ["<uncounted/>", "<enabled/>", "<a/>", "<b/>"]
        );
        assert_eq!(outgoing.len(), 8);
        outgoing.push_other("<r/>");
        outgoing.acknowledge(1).expect("two were sent");
        assert_eq!(take_all(&mut outgoing), ["<r/>"]);
        outgoing.push_stanza("<c/>");
        outgoing.rewind(&["<resumed/>".to_owned()]);
        assert_eq!(take_all(&mut outgoing), ["<resumed/>", "<b/>", "<c/>"]);
        outgoing.acknowledge(3).expect("three were sent");
        assert_eq!(outgoing.len(), 0);
    }
}
