//! Decides what a subscriber missed while it was away, from what the node holds now and what was told before.
//!
//! Pure. It relies on one thing that XEP-0060 services share: asked for the most recent items, they answer with
//! those published last, so whatever follows the last item that was told is news.

use super::journal::Journal;
use super::mark::Mark;
use crate::name::ItemId;

/// The first number of recent items to ask for; doubled until it is enough.
pub(super) const FIRST_LOOK: u32 = 32;

/// What a look at the most recent items shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// News may have begun before the oldest of these items.
    Farther,
    /// News begins at this item; whatever was told and is not held any more is gone.
    Enough {
        /// The index of the first item that may be news.
        from: usize,
        /// Ids that were told and then removed while nobody listened.
        gone: Vec<ItemId>,
        /// Nothing that was told is left to connect to: changes in between may be lost.
        has_gap: bool,
    },
}

/// Looks at the most recent items, oldest first. `is_whole` says that the node holds no others.
pub(super) fn look(journal: &Journal, recent: &[(ItemId, Mark)], is_whole: bool) -> Look {
    let last_told = recent
        .iter()
        .rposition(|(id, mark)| journal.knows(id, mark));
    match last_told {
        None if !is_whole => Look::Farther,
        // Nothing connects, and nothing was ever told: the items may all be older than the subscription.
        None if journal.is_blank() && !recent.is_empty() => Look::Enough {
            from: recent.len(),
            gone: Vec::new(),
            has_gap: true,
        },
        None => {
            let (gone, is_unclear) = gone(journal, recent, 0);
            let has_gap = is_unclear || !(recent.is_empty() || journal.begins_empty());
            Look::Enough {
                from: 0,
                gone,
                has_gap,
            }
        }
        Some(last) => {
            let from = last + 1;
            let (gone, has_gap) = if is_whole {
                gone(journal, recent, from)
            } else {
                (Vec::new(), false)
            };
            Look::Enough {
                from,
                gone,
                has_gap,
            }
        }
    }
}

/// The items that were told and are not held any more, and whether it is unclear what became of the oldest.
///
/// A node that keeps a number of items drops the oldest when new ones come, and that is no retraction. So of what is
/// missing at the old end nothing is said when there is news; what is missing between kept items was retracted.
fn gone(journal: &Journal, recent: &[(ItemId, Mark)], from: usize) -> (Vec<ItemId>, bool) {
    let told = journal.in_order();
    let is_held = |id: &ItemId| recent.iter().any(|(held, _)| held == id);
    let oldest_kept = told.iter().position(|id| is_held(id)).unwrap_or(told.len());
    let has_news = recent
        .iter()
        .skip(from)
        .any(|(id, mark)| !journal.knows(id, mark));
    let passed_over = if has_news { oldest_kept } else { 0 };
    let missing = told.into_iter().skip(passed_over).filter(|id| !is_held(id));
    (missing.cloned().collect(), passed_over > 0)
}

#[cfg(test)]
mod tests {
    use super::{Journal, Look, Mark, look};
    use crate::change::Stamp;
    use crate::name::ItemId;
    use crate::subscriber::journal::Beginning;

    fn held(items: &[(&str, u64)]) -> Vec<(ItemId, Mark)> {
        let entry = |&(id, sequence): &(&str, u64)| {
            let stamp = Stamp {
                sequence: Some(sequence),
                ..Stamp::default()
            };
            (ItemId::new(id).unwrap(), Mark::of(&stamp, ""))
        };
        items.iter().map(entry).collect()
    }

    fn told(beginning: Beginning, items: &[(&str, u64)]) -> Journal {
        let mut journal = Journal::new(100, beginning);
        for (id, mark) in held(items) {
            journal.hear(&id, mark, None);
        }
        journal
    }

    fn enough(from: usize, gone: &[&str], has_gap: bool) -> Look {
        let gone = gone.iter().map(|id| ItemId::new(*id).unwrap()).collect();
        Look::Enough {
            from,
            gone,
            has_gap,
        }
    }

    #[test]
    fn news_follows_the_last_item_that_was_told() {
        let journal = told(Beginning::Unknown, &[("a", 1), ("b", 2)]);
        for (recent, is_whole, expected) in [
            (held(&[("a", 1), ("b", 2)]), true, enough(2, &[], false)),
            (
                held(&[("a", 1), ("b", 2), ("c", 3)]),
                true,
                enough(2, &[], false),
            ),
            (held(&[("b", 2), ("a", 3)]), true, enough(1, &[], false)),
            (held(&[("b", 2), ("a", 3)]), false, enough(1, &[], false)),
            (held(&[("c", 3), ("d", 4)]), false, Look::Farther),
            // Retracted, or dropped for c: nobody can tell.
            (held(&[("b", 2), ("c", 3)]), true, enough(1, &[], true)),
            (held(&[("c", 3), ("d", 4)]), true, enough(0, &[], true)),
            (held(&[("b", 2)]), true, enough(1, &["a"], false)),
            (held(&[("a", 1), ("c", 3)]), true, enough(1, &["b"], false)),
            (held(&[]), true, enough(0, &["a", "b"], false)),
        ] {
            assert_eq!(
                look(&journal, &recent, is_whole),
                expected,
                "{recent:?} {is_whole}"
            );
        }
    }

    #[test]
    fn what_the_node_held_at_the_beginning_decides_when_nothing_was_told() {
        let (id, mark) = held(&[("a", 1)]).remove(0);
        for (beginning, expected) in [
            (Beginning::Empty, enough(0, &[], false)),
            (Beginning::Item(id, mark), enough(1, &[], false)),
            (Beginning::Unknown, enough(2, &[], true)),
        ] {
            let journal = told(beginning, &[]);
            assert_eq!(look(&journal, &held(&[("a", 1), ("b", 2)]), true), expected);
        }
    }
}
