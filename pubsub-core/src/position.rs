//! How much of a node was known when something was read from it: where a subscription takes over without gap or repeat.
//!
//! Knows logs, numbers and marks, and how they are written as text. Does not know where rows or items are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use crate::change::Stamp;
use crate::name::{ItemId, NodeName};

/// More logs than this are not kept apart; a node has one, or two after a change of database.
const MOST_LOGS: usize = 16;
/// More marks than this are not kept.
pub(crate) const MOST_MARKS: usize = 16;
/// No position of ours is longer.
const MOST_BYTES: usize = 4096;
/// The first part of the text, which says how the rest is to be read.
const FORM: &str = "1";

/// A moment in the life of a node: what was known of it then.
///
/// [`Page`](crate::Page), [`Items`](crate::Items) and [`Receipt`](crate::Receipt) carry one, and
/// [`PubSub::subscribe_from`](crate::PubSub::subscribe_from) goes on there. Written as text, which may stand in a URL as it is, it can be
/// handed to a browser or another program, which hands it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// Of which node, as a hash: numbers mean nothing for another.
    pub(crate) node: Option<u64>,
    /// By log: the number of the last change that is known.
    pub(crate) known: BTreeMap<Arc<str>, u64>,
    /// Items that were there and have no number: the last ones, each with its state, hashed.
    pub(crate) marks: BTreeSet<u64>,
    /// Whether the node was seen to keep nothing.
    pub(crate) was_empty: bool,
}

impl Position {
    /// Right after a numbered change of a node.
    pub(crate) fn numbered(node: &NodeName, log: &Arc<str>, sequence: u64) -> Self {
        let mut position = Self::of(node);
        position.advance(log, sequence);
        position
    }

    /// Before the first thing that happens to a node, which keeps nothing yet.
    #[must_use]
    pub fn beginning(node: &NodeName) -> Self {
        Self {
            was_empty: true,
            ..Self::of(node)
        }
    }

    /// Nothing is known of the node.
    pub(crate) fn of(node: &NodeName) -> Self {
        Self {
            node: Some(hash(&[node.as_str()])),
            ..Self::default()
        }
    }

    /// Takes a change for known, and all before it.
    pub(crate) fn advance(&mut self, log: &Arc<str>, sequence: u64) {
        if let Some(known) = self.known.get_mut(log) {
            *known = sequence.max(*known);
        } else if self.known.len() < MOST_LOGS {
            self.known.insert(Arc::clone(log), sequence);
        }
    }

    /// Takes an item for known that a node keeps; the last ones must come last.
    pub(crate) fn see(&mut self, stamp: &Stamp, mark: u64) {
        match (&stamp.log, stamp.sequence) {
            (Some(log), Some(sequence)) => self.advance(log, sequence),
            _ => {
                self.marks.insert(mark);
            }
        }
    }

    /// Whether this change came before, as far as its number says; one without a number, or of a log that is not known here, did not.
    #[must_use]
    pub fn covers(&self, change: &Stamp) -> bool {
        let known = change.log.as_ref().and_then(|log| self.known.get(log));
        known
            .zip(change.sequence)
            .is_some_and(|(known, sequence)| sequence <= *known)
    }

    /// Whether this change is the very next in its log.
    #[must_use]
    pub fn precedes(&self, change: &Stamp) -> bool {
        let known = change.log.as_ref().and_then(|log| self.known.get(log));
        known.map(|known| known.saturating_add(1)) == change.sequence && known.is_some()
    }

    /// The position after this change, and everything before it.
    pub fn follow(&mut self, change: &Stamp) {
        if let (Some(log), Some(sequence)) = (&change.log, change.sequence) {
            self.advance(log, sequence);
        }
    }

    /// Whether this may be a position of that node.
    #[must_use]
    pub fn is_of(&self, node: &NodeName) -> bool {
        self.node.is_none_or(|own| own == hash(&[node.as_str()]))
    }
}

/// The same everywhere and always, because it travels: 64-bit FNV-1a, with a zero byte after each part.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let bytes = parts
        .iter()
        .flat_map(|part| part.bytes().chain(std::iter::once(0)));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The mark of an item without a number.
pub(crate) fn mark(id: &ItemId, payload: &str) -> u64 {
    hash(&[id.as_str(), payload])
}

/// As text: letters, digits and `-._~`, which nothing has to escape.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)?;
        if let Some(node) = self.node {
            write!(f, "~n{node:x}")?;
        }
        for (log, sequence) in &self.known {
            f.write_str("~l")?;
            for byte in log.bytes() {
                if byte.is_ascii_alphanumeric() || byte == b'-' {
                    f.write_char(char::from(byte))?;
                } else {
                    write!(f, "_{byte:02x}")?;
                }
            }
            write!(f, ".{sequence}")?;
        }
        for mark in &self.marks {
            write!(f, "~m{mark:x}")?;
        }
        if self.was_empty {
            f.write_str("~e")?;
        }
        Ok(())
    }
}

/// Text that is not a [`Position`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PositionError {
    /// It does not begin as positions do.
    #[error(
        "this is not a position: hand back what a page, a receipt or the items of a node carried, unchanged"
    )]
    Form,
    /// One part of it cannot be read.
    #[error("this position is damaged from byte {0} on: hand it back unchanged")]
    Part(usize),
    /// It is longer than any position is.
    #[error("a position has at most {MOST_BYTES} bytes, this text has {0}")]
    TooLong(usize),
}

/// Reads the text. Parts of kinds that a later version may add are passed over.
impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        if text.len() > MOST_BYTES {
            return Err(PositionError::TooLong(text.len()));
        }
        let mut parts = text.split('~');
        if parts.next() != Some(FORM) {
            return Err(PositionError::Form);
        }
        let mut position = Self::default();
        let mut at = FORM.len() + 1;
        for part in parts {
            position.read(part).ok_or(PositionError::Part(at))?;
            at += part.len() + 1;
        }
        Ok(position)
    }
}

impl Position {
    fn read(&mut self, part: &str) -> Option<()> {
        let kind = part.chars().next()?;
        let rest = part.get(kind.len_utf8()..)?;
        match kind {
            'n' => self.node = Some(hexadecimal(rest)?),
            'l' => {
                let (log, sequence) = rest.split_once('.')?;
                self.advance(&unescape(log)?.into(), decimal(sequence)?);
            }
            'm' => {
                let mark = hexadecimal(rest)?;
                if self.marks.len() < MOST_MARKS {
                    self.marks.insert(mark);
                }
            }
            'e' => self.was_empty = true,
            _ => {}
        }
        Some(())
    }
}

fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn hexadecimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_plain)
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('_');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2)?;
        bytes.push(u8::try_from(hexadecimal(code)?).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Position, PositionError};
    use crate::name::NodeName;

    fn position() -> impl Strategy<Value = Position> {
        let known = prop::collection::btree_map("\\PC{0,40}", any::<u64>(), 0..4);
        let marks = prop::collection::btree_set(any::<u64>(), 0..16);
        (any::<Option<u64>>(), known, marks, any::<bool>()).prop_map(
            |(node, known, marks, was_empty)| Position {
                node,
                known: known
                    .into_iter()
                    .map(|(log, sequence)| (log.into(), sequence))
                    .collect(),
                marks,
                was_empty,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_may_stand_in_a_url(position in position()) {
            let text = position.to_string();
            prop_assert_eq!(text.parse::<Position>(), Ok(position));
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|1(~[nlmex][0-9a-f._g-]{0,12}){0,6}") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string().parse::<Position>(), Ok(position));
            }
        }
    }

    #[test]
    fn parts_of_later_versions_are_passed_over() {
        let position: Position = "1~zwhatever~l0190-ab.7~Q".parse().unwrap();
        assert_eq!(position.to_string(), "1~l0190-ab.7");
    }

    #[test]
    fn what_is_no_position_is_said_to_be_none() {
        for (text, error) in [
            ("", PositionError::Form),
            ("hello", PositionError::Form),
            ("2~n1", PositionError::Form),
            ("1~lx", PositionError::Part(2)),
            ("1~e~lx.+1", PositionError::Part(4)),
            ("1~l_zz.1", PositionError::Part(2)),
            ("1~", PositionError::Part(2)),
            ("1~m123456789012345678", PositionError::Part(2)),
        ] {
            assert_eq!(text.parse::<Position>(), Err(error), "{text}");
        }
        let long = format!("1~z{}", "x".repeat(5000));
        assert_eq!(long.parse::<Position>(), Err(PositionError::TooLong(5003)));
    }

    #[test]
    fn a_position_belongs_to_its_node() {
        let [one, two] = ["/a", "/b"].map(|name| NodeName::new(name).unwrap());
        let position = Position::numbered(&one, &"log".into(), 5);
        assert!(position.is_of(&one) && !position.is_of(&two));
        assert!(Position::default().is_of(&two));
    }
}
