//! Consecutive entries of a channel, joined to one piece of bytes for each format that somebody needs.

use std::sync::Arc;

use bytes::Bytes;

use super::message::Kind;
use crate::frame::{Format, Framed, Transport};
use crate::measure::Measure;

/// So many entries, and about so many bytes of text, are joined at most.
pub(crate) const MOST_ENTRIES: usize = 256;
pub(crate) const MOST_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Batch {
    place: u64,
    end: u64,
    entries: Vec<Arc<Framed>>,
    /// By the index of the format.
    joined: Vec<Option<Bytes>>,
    nothing: Bytes,
    is_plain: bool,
    /// To how many clients it was written whole, by transport.
    delivered: [u64; Transport::ALL.len()],
}

impl Batch {
    pub(crate) fn new(place: u64, end: u64, entries: Vec<Arc<Framed>>) -> Self {
        let is_plain = !entries.is_empty()
            && entries
                .iter()
                .all(|entry| entry.message().kind == Kind::Message);
        Self {
            place,
            end,
            entries,
            joined: Vec::new(),
            nothing: Bytes::new(),
            is_plain,
            delivered: Default::default(),
        }
    }

    /// The place that a client must have for these to be what it is sent next.
    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    /// The place that it has then.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Whether they are messages alone, and nothing that changes what a client is subscribed to.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Notes that a client was written all of it.
    pub(crate) fn delivered(&mut self, format: &Format) {
        if let Some(delivered) = self.delivered.get_mut(format.transport() as usize) {
            *delivered += 1;
        }
    }

    /// Counts what was delivered.
    pub(crate) fn count(&self, measure: &Measure) {
        let messages = self.entries.len() as u64;
        for ((transport, _), delivered) in Transport::ALL.iter().zip(self.delivered) {
            if delivered > 0 {
                // Formats of one transport differ by a few bytes at most.
                let formats = self.joined.iter().flatten();
                let bytes = formats
                    .map(|bytes| bytes.len() as u64)
                    .max()
                    .unwrap_or_default();
                measure.delivered(*transport, messages * delivered, bytes * delivered);
            }
        }
    }

    pub(crate) fn bytes(&mut self, format: &Format) -> &Bytes {
        let index = format.index();
        if self.joined.len() <= index {
            self.joined.resize(index + 1, None);
        }
        match self.joined.get_mut(index) {
            Some(joined) => joined.get_or_insert_with(|| join(&self.entries, format)),
            None => &self.nothing,
        }
    }
}

/// The bytes of several entries as one.
pub(crate) fn join(entries: &[Arc<Framed>], format: &Format) -> Bytes {
    if let [entry] = entries {
        return entry.bytes(format);
    }
    let frames: Vec<Bytes> = entries.iter().map(|entry| entry.bytes(format)).collect();
    frames.concat().into()
}
