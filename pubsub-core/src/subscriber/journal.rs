//! What one subscription has already told its reader, so that nothing is told twice and gaps can be filled.
//!
//! Pure memory of bounded size: ids and marks, no payloads. Knows nothing of sessions or of time. Who asks the
//! service for the items that were missed is `catch_up`.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::change::Stamp;
use crate::name::ItemId;

/// Tells one state of an item from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// Our senders number their changes, which makes the mark exact.
    Stamped {
        origin: Option<std::sync::Arc<str>>,
        sequence: u64,
    },
    /// Of foreign senders we know only what they wrote.
    Hashed(u64),
}

impl Mark {
    pub(super) fn of(stamp: &Stamp, payload: &str) -> Self {
        match stamp.sequence {
            Some(sequence) => Self::Stamped {
                origin: stamp.origin.clone(),
                sequence,
            },
            None => {
                let mut hasher = DefaultHasher::new();
                payload.hash(&mut hasher);
                Self::Hashed(hasher.finish())
            }
        }
    }

    fn is_exact(&self) -> bool {
        matches!(self, Self::Stamped { .. })
    }
}

/// The items most recently told, up to a number of them; the oldest are forgotten first.
#[derive(Debug)]
pub(super) struct Journal {
    capacity: usize,
    told: HashMap<ItemId, Told>,
    /// Ids by age, with the turn in which each was told; an entry whose turn has passed is void.
    order: VecDeque<(ItemId, u64)>,
    turn: u64,
    /// What the node held when the subscription began.
    beginning: Beginning,
}

/// What the node held when the subscription began, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Beginning {
    /// The service would not say, or the node keeps nothing.
    Unknown,
    /// Nothing: whatever it holds now is news.
    Empty,
    /// This was its last item. It was not told to the reader, and may still be.
    Item(ItemId, Mark),
}

#[derive(Debug)]
struct Told {
    mark: Mark,
    turn: u64,
    /// Read from the node's items while its notification may still be under way.
    is_caught_up: bool,
}

impl Journal {
    pub(super) fn new(capacity: usize, beginning: Beginning) -> Self {
        Self {
            capacity,
            told: HashMap::new(),
            order: VecDeque::new(),
            turn: 0,
            beginning,
        }
    }

    /// Whether everything that the node holds would be news: it was empty, and nothing was told yet.
    pub(super) fn begins_empty(&self) -> bool {
        self.beginning == Beginning::Empty && self.told.is_empty()
    }

    /// Whether nothing was told yet, nor known before.
    pub(super) fn is_blank(&self) -> bool {
        self.told.is_empty() && self.beginning == Beginning::Unknown
    }

    /// Whether this state of the item was told, or was there before anything was.
    pub(super) fn knows(&self, id: &ItemId, mark: &Mark) -> bool {
        self.told.get(id).is_some_and(|told| told.mark == *mark)
            || matches!(&self.beginning, Beginning::Item(first, then) if first == id && then == mark)
    }

    /// Notes a notification; `false` when its news is old.
    ///
    /// A numbered change is old when it was told before. Of a foreign one that can be said only when the same
    /// words were just read from the node's items: anything else may be a second publish of the same words.
    pub(super) fn hear(&mut self, id: &ItemId, mark: Mark) -> bool {
        if let Some(told) = self.told.get_mut(id)
            && told.mark == mark
            && (mark.is_exact() || told.is_caught_up)
        {
            told.is_caught_up = false;
            return false;
        }
        self.note(id, mark, false);
        true
    }

    /// Notes an item read from the node while notifications of the same change may still come.
    pub(super) fn catch_up(&mut self, id: &ItemId, mark: Mark) {
        self.note(id, mark, true);
    }

    /// Forgets an item that is gone.
    pub(super) fn forget(&mut self, id: &ItemId) {
        self.told.remove(id);
    }

    /// Forgets all items but these.
    pub(super) fn retain(&mut self, is_held: impl Fn(&ItemId) -> bool) {
        self.told.retain(|id, _| is_held(id));
    }

    /// Forgets all items: the node is empty now.
    pub(super) fn clear(&mut self) {
        self.told.clear();
        self.order.clear();
        self.beginning = Beginning::Empty;
    }

    /// The ids told and not forgotten, oldest first.
    pub(super) fn in_order(&self) -> Vec<&ItemId> {
        let current = self
            .order
            .iter()
            .filter(|(id, turn)| self.told.get(id).is_some_and(|told| told.turn == *turn));
        current.map(|(id, _)| id).collect()
    }

    fn note(&mut self, id: &ItemId, mark: Mark, is_caught_up: bool) {
        self.turn += 1;
        self.told.insert(
            id.clone(),
            Told {
                mark,
                turn: self.turn,
                is_caught_up,
            },
        );
        self.order.push_back((id.clone(), self.turn));
        while self.told.len() > self.capacity || self.order.len() > 2 * self.capacity.max(1) {
            let Some((oldest, turn)) = self.order.pop_front() else {
                break;
            };
            if self.told.get(&oldest).is_some_and(|told| told.turn == turn) {
                self.told.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Beginning, Journal, Mark};
    use crate::change::Stamp;
    use crate::name::ItemId;

    fn id(name: &str) -> ItemId {
        ItemId::new(name).unwrap()
    }

    fn numbered(sequence: u64) -> Mark {
        Mark::of(
            &Stamp {
                sequence: Some(sequence),
                ..Stamp::default()
            },
            "",
        )
    }

    fn foreign(payload: &str) -> Mark {
        Mark::of(&Stamp::default(), payload)
    }

    #[test]
    fn a_numbered_change_is_told_once() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), numbered(1)));
        assert!(!journal.hear(&id("1"), numbered(1)));
        assert!(journal.hear(&id("1"), numbered(2)));
        assert!(journal.hear(&id("2"), numbered(2)));
    }

    #[test]
    fn foreign_words_may_be_said_again_but_not_echoed_after_a_catch_up() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), foreign("a")));
        assert!(journal.hear(&id("1"), foreign("a")));
        journal.catch_up(&id("1"), foreign("b"));
        assert!(!journal.hear(&id("1"), foreign("b")));
        assert!(journal.hear(&id("1"), foreign("b")));
    }

    #[test]
    fn what_was_there_before_is_known_and_may_still_be_told() {
        let mut journal = Journal::new(10, Beginning::Item(id("1"), numbered(1)));
        assert!(journal.knows(&id("1"), &numbered(1)));
        assert!(journal.hear(&id("1"), numbered(1)));
    }

    #[test]
    fn the_oldest_are_forgotten_and_memory_stays_bounded() {
        let mut journal = Journal::new(3, Beginning::Unknown);
        for round in 0..100 {
            for name in ["a", "b", "c", "d"] {
                journal.hear(&id(name), numbered(round));
            }
        }
        assert!(!journal.knows(&id("a"), &numbered(99)));
        assert!(journal.knows(&id("d"), &numbered(99)));
        assert!(journal.told.len() <= 3 && journal.order.len() <= 7);
    }

    #[test]
    fn what_was_told_is_listed_by_age() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        for name in ["a", "b", "a", "c"] {
            journal.hear(&id(name), foreign(name));
        }
        journal.forget(&id("b"));
        assert_eq!(journal.in_order(), [&id("a"), &id("c")]);
    }
}
