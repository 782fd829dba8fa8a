//! Decides what of a node's items came after a position, and whether anything in between is missing.
//!
//! Pure. It relies on the same as `catch_up`: what a service answers last was published last.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mark::Mark;
use crate::name::ItemId;
use crate::position::Position;

/// An item of the node as far as it matters here.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: ItemId,
    pub(super) mark: Mark,
    /// As a [`Position`] would have it.
    pub(super) hash: u64,
}

/// What the most recent items show.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resumption {
    /// News may have begun before the oldest of these items.
    Farther,
    /// News begins at this item.
    From {
        /// Its index.
        first: usize,
        /// Something in between is missing, or nothing connects.
        has_gap: bool,
    },
}

/// Looks at the most recent items, oldest first. `is_whole` says that the node holds no others; `skip` is a log that is read elsewhere.
pub(super) fn resume(
    position: &Position,
    recent: &[Held],
    is_whole: bool,
    skip: Option<&str>,
) -> Resumption {
    let is_known = |held: &Held| match &held.mark {
        Mark::Logged { log, sequence } => position
            .known
            .get(log)
            .is_some_and(|known| sequence <= known),
        _ => position.marks.contains(&held.hash),
    };
    let last_known = recent.iter().rposition(is_known);
    if last_known.is_none() && !is_whole {
        return Resumption::Farther;
    }
    let first = last_known.map_or(0, |last| last + 1);
    let news: Vec<&Mark> = recent.iter().skip(first).map(|held| &held.mark).collect();
    let mut counts: BTreeMap<&Arc<str>, (u64, u64)> = BTreeMap::new();
    let mut has_unnumbered = false;
    for mark in news {
        match mark {
            Mark::Logged { log, .. } if skip == Some(&**log) => {}
            Mark::Logged { log, sequence } => {
                let (count, last) = counts.entry(log).or_default();
                *count += 1;
                *last = (*last).max(*sequence);
            }
            _ => has_unnumbered = true,
        }
    }
    // Numbers have no gaps: as many items as numbers passed, or some change is not among them.
    let is_short = |(log, (count, last)): (&&Arc<str>, &(u64, u64))| {
        let known = position.known.get(*log).copied().unwrap_or_default();
        last.saturating_sub(known) != *count
    };
    let is_connected = last_known.is_some()
        || position.was_empty
        || (!has_unnumbered && position.marks.is_empty() && !recent.is_empty())
        || position
            .known
            .iter()
            .all(|(log, known)| *known == 0 || skip == Some(&**log))
            && position.marks.is_empty();
    Resumption::From {
        first,
        has_gap: !is_connected || counts.iter().any(is_short),
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Resumption, resume};
    use crate::change::Stamp;
    use crate::name::{ItemId, NodeName};
    use crate::position::{Position, mark};
    use crate::subscriber::mark::Mark;

    fn logged(id: &str, sequence: u64) -> Held {
        let stamp = Stamp {
            sequence: Some(sequence),
            log: Some("log".into()),
            ..Stamp::default()
        };
        held(id, &stamp, "")
    }

    fn foreign(id: &str, payload: &str) -> Held {
        held(id, &Stamp::default(), payload)
    }

    fn held(id: &str, stamp: &Stamp, payload: &str) -> Held {
        let id = ItemId::new(id).unwrap();
        Held {
            hash: mark(&id, payload),
            mark: Mark::of(stamp, payload),
            id,
        }
    }

    fn at(sequence: u64) -> Position {
        Position::numbered(&NodeName::new("/n").unwrap(), &"log".into(), sequence)
    }

    fn from(first: usize, has_gap: bool) -> Resumption {
        Resumption::From { first, has_gap }
    }

    #[test]
    fn numbers_say_what_is_news_and_what_is_missing() {
        for (position, recent, is_whole, expected) in [
            (
                at(2),
                vec![logged("a", 1), logged("b", 2)],
                true,
                from(2, false),
            ),
            (
                at(1),
                vec![logged("a", 1), logged("b", 2)],
                true,
                from(1, false),
            ),
            (
                at(1),
                vec![logged("a", 1), logged("b", 3)],
                true,
                from(1, true),
            ),
            (at(0), vec![logged("a", 1)], true, from(0, false)),
            (
                at(5),
                vec![logged("a", 6), logged("b", 7)],
                false,
                Resumption::Farther,
            ),
            (
                at(5),
                vec![logged("a", 6), logged("b", 7)],
                true,
                from(0, false),
            ),
            (at(5), vec![], true, from(0, true)),
            (at(0), vec![], true, from(0, false)),
        ] {
            assert_eq!(
                resume(&position, &recent, is_whole, None),
                expected,
                "{position} {recent:?}"
            );
        }
    }

    #[test]
    fn the_last_items_say_it_where_there_are_no_numbers() {
        let seen = foreign("b", "two");
        let mut position = Position::default();
        position.see(&Stamp::default(), seen.hash);
        let recent = [foreign("a", "one"), seen, foreign("c", "three")];
        assert_eq!(resume(&position, &recent, true, None), from(2, false));
        let changed = [foreign("a", "one"), foreign("b", "other")];
        assert_eq!(resume(&position, &changed, true, None), from(0, true));
        position.was_empty = true;
        position.marks.clear();
        assert_eq!(resume(&position, &changed, true, None), from(0, false));
    }

    #[test]
    fn a_log_that_is_read_elsewhere_is_not_missed_here() {
        let recent = [logged("a", 1), logged("b", 9)];
        assert_eq!(resume(&at(1), &recent, true, Some("log")), from(1, false));
        assert_eq!(resume(&at(5), &[], true, Some("log")), from(0, false));
    }
}
