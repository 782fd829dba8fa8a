//! What waits for one client until its connection looks: stanzas one after the other, the long ends of which may be shared with everybody else
//! who is sent the same.
//!
//! A message to ten thousand is then one text and ten thousand short beginnings, until each connection puts together what it is about to write.

use std::sync::Arc;

use bytes::BytesMut;

use super::outbox::KEPT;

/// An end that is shorter is copied, which costs less than to count who holds it.
const WORTH_SHARING: usize = 128;

/// A stanza on its way to somebody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'t> {
    /// What the recipient alone is sent, in pieces.
    pub(crate) own: &'t [&'t str],
    /// How it ends, if that is shared.
    pub(crate) end: Option<Shared<'t>>,
}

/// An end for everybody who is sent the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared<'t> {
    pub(crate) text: &'t Arc<str>,
    /// How many they are, about.
    pub(crate) readers: usize,
}

impl<'t> From<&'t [&'t str]> for Parts<'t> {
    fn from(own: &'t [&'t str]) -> Self {
        Self { own, end: None }
    }
}

impl Parts<'_> {
    /// In bytes.
    pub(super) fn len(&self) -> usize {
        let own: usize = self.own.iter().map(|part| part.len()).sum();
        own + self.end.map_or(0, |end| end.text.len())
    }
}

/// Stanzas in their order.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    own: BytesMut,
    ends: Vec<End>,
    /// The length of each stanza, while somebody has to know where each begins.
    lengths: Vec<u32>,
    keeps_lengths: bool,
    bytes: usize,
    /// How much memory they take: of what is shared, a share.
    cost: usize,
}

#[derive(Debug)]
struct End {
    /// How much of the client's own text goes before it.
    after: usize,
    text: Arc<str>,
}

impl Waiting {
    /// Nothing yet. One that is framed remembers where each stanza begins.
    pub(super) fn new(is_framed: bool) -> Self {
        Self {
            keeps_lengths: is_framed,
            ..Self::default()
        }
    }

    /// How many bytes they will be on the wire.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    /// How many bytes of memory they take.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it is known where each stanza begins.
    pub(super) fn is_measured(&self) -> bool {
        self.is_empty() || !self.lengths.is_empty()
    }

    /// Remembers from now on where each stanza begins.
    pub(super) fn keep_lengths(&mut self) {
        self.keeps_lengths = true;
    }

    pub(super) fn push(&mut self, parts: Parts<'_>) {
        let length = parts.len();
        self.cost += length;
        for part in parts.own {
            self.own.extend_from_slice(part.as_bytes());
        }
        match parts.end {
            Some(Shared { text, readers }) if text.len() >= WORTH_SHARING => {
                self.cost -= text.len() - text.len() / readers.max(1);
                self.ends.push(End {
                    after: self.own.len(),
                    text: text.clone(),
                });
            }
            Some(Shared { text, .. }) => self.own.extend_from_slice(text.as_bytes()),
            None => {}
        }
        if self.keeps_lengths {
            self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
        }
        self.bytes += length;
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.keeps_lengths);
    }

    /// The lengths of the stanzas, as far as they are known.
    pub(super) fn drain_lengths(&mut self) -> impl Iterator<Item = u32> {
        self.lengths.drain(..)
    }

    /// Moves the text to the end of `buffer`.
    pub(super) fn move_to(&mut self, buffer: &mut BytesMut) {
        if self.ends.is_empty() && buffer.is_empty() {
            std::mem::swap(buffer, &mut self.own);
        } else {
            buffer.reserve(self.bytes);
            let mut done = 0;
            for end in self.ends.drain(..) {
                buffer.extend_from_slice(self.own.get(done..end.after).unwrap_or_default());
                buffer.extend_from_slice(end.text.as_bytes());
                done = end.after;
            }
            buffer.extend_from_slice(self.own.get(done..).unwrap_or_default());
        }
        self.own.clear();
        (self.bytes, self.cost) = (0, 0);
        if self.own.capacity() > KEPT {
            self.own = BytesMut::new();
        }
        if self.ends.capacity() * size_of::<End>() > KEPT {
            self.ends = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_and_what_is_not_comes_in_its_order() {
        let long: Arc<str> = "x".repeat(WORTH_SHARING).into();
        let short: Arc<str> = "y".into();
        let mut waiting = Waiting::new(true);
        let mut expected = String::new();
        for (own, end) in [
            (["<a", ">"], Some(&long)),
            (["<b", ">"], None),
            (["<c", ">"], Some(&short)),
            (["<d", ">"], Some(&long)),
            (["<e", ">"], None),
        ] {
            let shared = end.map(|text| Shared { text, readers: 2 });
            waiting.push(Parts {
                own: &own,
                end: shared,
            });
            expected += &own.concat();
            expected += end.map_or("", |end| end);
        }
        assert_eq!(waiting.len(), expected.len());
        assert_eq!(waiting.cost(), expected.len() - WORTH_SHARING);
        assert!(waiting.is_measured());
        let lengths: Vec<u32> = waiting.drain_lengths().collect();
        assert_eq!(lengths, [131, 3, 4, 131, 3]);
        let mut buffer = BytesMut::from("before");
        waiting.move_to(&mut buffer);
        assert_eq!(buffer, format!("before{expected}"));
        assert!(waiting.is_empty());
    }
}
