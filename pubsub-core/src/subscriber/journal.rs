//! What one subscription has already told its reader, so that nothing is told twice and gaps can be filled.
//!
//! Pure memory of bounded size: ids, marks and numbers, no payloads. Knows nothing of sessions or of time. Who asks the
//! service for the items that were missed is `catch_up`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::mark::Mark;
use crate::change::Action;
use crate::name::ItemId;

/// More logs than this are not followed by their numbers; a node has one, or two after a change of database.
const MOST_LOGS: usize = 16;

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
    logs: BTreeMap<Arc<str>, Progress>,
    /// How many events without a number were heard since the last one with a number.
    unnumbered: u64,
}

/// How far a log was followed.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Every change up to this one was told, or is older than the subscription.
    known: u64,
    /// No change up to this one is missing, though one may not have been heard yet: the items of the node were read later.
    covered: u64,
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
    standing: Standing,
    /// Retractions that come now belong to a deletion that was told.
    expects_retraction: bool,
}

/// What was told of an item last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// That it is there.
    Alive,
    /// That it was deleted.
    Deleted,
    /// That it is gone, because the node did not have it any more.
    Missing,
}

impl Journal {
    pub(super) fn new(capacity: usize, beginning: Beginning) -> Self {
        Self {
            capacity,
            told: HashMap::new(),
            order: VecDeque::new(),
            turn: 0,
            beginning,
            logs: BTreeMap::new(),
            unnumbered: 0,
        }
    }

    /// Begins elsewhere than was thought.
    pub(super) fn begin(&mut self, beginning: Beginning) {
        self.beginning = beginning;
    }

    /// Whether everything that the node holds would be news: it was empty, and nothing was told yet.
    pub(super) fn begins_empty(&self) -> bool {
        self.beginning == Beginning::Empty && self.told.is_empty()
    }

    /// Whether nothing was told yet, nor known before.
    pub(super) fn is_blank(&self) -> bool {
        self.told.is_empty() && self.beginning == Beginning::Unknown && self.logs.is_empty()
    }

    /// Whether this state of the item was told, or was there before anything was.
    pub(super) fn knows(&self, id: &ItemId, mark: &Mark) -> bool {
        if self.is_back(id, mark) {
            return false;
        }
        self.is_told(mark)
            || self
                .told
                .get(id)
                .is_some_and(|told| mark.is_within(&told.mark))
            || matches!(&self.beginning, Beginning::Item(first, then) if first == id && then == mark)
    }

    /// Notes a notification; `false` when its news is old.
    ///
    /// A numbered change is old when it was told before. Of a foreign one that can be said only when the same
    /// words were just read from the node's items: anything else may be a second publish of the same words.
    pub(super) fn hear(&mut self, id: &ItemId, mark: Mark, action: Option<Action>) -> bool {
        let is_deletion = action == Some(Action::Delete);
        let is_told = self.is_told(&mark)
            || self.told.get(id).is_some_and(|told| {
                mark.is_within(&told.mark) && (mark.is_exact() || told.is_caught_up)
            });
        let is_old = is_told && !self.is_back(id, &mark);
        self.follow(&mark);
        if !is_old {
            self.note(id, mark, false, is_deletion);
            return true;
        }
        match self.told.get_mut(id) {
            Some(told) => {
                told.is_caught_up = false;
                // The deletion is sent again, with its retraction, even where the item was saved again since; then that is, too.
                told.expects_retraction = is_deletion || told.standing == Standing::Deleted;
            }
            None if is_deletion => self.note(id, mark, false, true),
            None => {}
        }
        false
    }

    /// Whether a bare retraction would only complete a deletion that was told.
    pub(super) fn expects_retraction(&self, id: &ItemId) -> bool {
        self.told
            .get(id)
            .is_some_and(|told| told.expects_retraction || told.standing == Standing::Missing)
    }

    /// Notes a bare retraction that was not expected.
    pub(super) fn hear_retraction(&mut self, id: &ItemId) {
        self.unnumbered += 1;
        self.told.remove(id);
    }

    /// Notes an item read from the node while notifications of the same change may still come.
    pub(super) fn catch_up(&mut self, id: &ItemId, mark: Mark, action: Option<Action>) {
        self.note(id, mark, true, action == Some(Action::Delete));
    }

    /// Notes a change read from the history of its log: the next one, whatever becomes of it.
    pub(super) fn replay(&mut self, id: &ItemId, mark: Mark, is_deletion: bool) {
        self.note(id, mark, true, is_deletion);
    }

    /// The node does not have an item any more, and nobody said why: it was retracted, or the service has lost it and will be told again.
    pub(super) fn miss(&mut self, id: &ItemId) {
        if let Some(told) = self.told.get_mut(id) {
            told.standing = Standing::Missing;
        }
    }

    /// Whether an item was told in a state that this log has numbered.
    pub(super) fn is_of(&self, id: &ItemId, log: &str) -> bool {
        self.told.get(id).is_some_and(|told| told.mark.is_of(log))
    }

    /// Whether an item was told, and not as deleted.
    pub(super) fn is_alive(&self, id: &ItemId) -> bool {
        self.told
            .get(id)
            .is_some_and(|told| told.standing == Standing::Alive)
    }

    /// Forgets all items but these. Deletions are remembered, for the retractions that may still come.
    pub(super) fn retain(&mut self, is_held: impl Fn(&ItemId) -> bool) {
        self.told
            .retain(|id, told| told.standing != Standing::Alive || is_held(id));
    }

    /// Forgets all items: the node is empty now.
    pub(super) fn clear(&mut self) {
        self.told.clear();
        self.order.clear();
        self.beginning = Beginning::Empty;
    }

    /// The ids told and neither deleted nor forgotten, oldest first.
    pub(super) fn in_order(&self) -> Vec<&ItemId> {
        let is_current = |id: &ItemId, turn: u64| {
            self.told
                .get(id)
                .is_some_and(|told| told.turn == turn && told.standing == Standing::Alive)
        };
        let current = self.order.iter().filter(|(id, turn)| is_current(id, *turn));
        current.map(|(id, _)| id).collect()
    }

    /// Whether something was told that is not of this log.
    pub(super) fn has_others(&self, log: &str) -> bool {
        self.told.values().any(|told| !told.mark.is_of(log))
    }

    /// Up to which number a log was followed.
    pub(super) fn known(&self, log: &str) -> Option<u64> {
        self.logs.get(log).map(|progress| progress.known)
    }

    /// Every change of the log up to this one counts as told.
    pub(super) fn advance(&mut self, log: &Arc<str>, to: u64) {
        self.unnumbered = 0;
        if let Some(progress) = self.logs.get_mut(log) {
            progress.known = progress.known.max(to);
            progress.covered = progress.covered.max(to);
        } else if self.logs.len() < MOST_LOGS {
            let progress = Progress {
                known: to,
                covered: to,
            };
            self.logs.insert(Arc::clone(log), progress);
        }
    }

    /// The items of the node were read: what is missing up to this change was missed for good, or was told by its result.
    pub(super) fn cover(&mut self, mark: &Mark) {
        if let Mark::Logged { log, sequence } = mark
            && let Some(progress) = self.logs.get_mut(log)
        {
            progress.covered = progress.covered.max(*sequence);
        }
    }

    /// Follows the log no longer: its next event is where it begins.
    pub(super) fn lose(&mut self, log: &str) {
        self.logs.remove(log);
    }

    /// How many changes of its log were missed right before this one.
    pub(super) fn missing(&self, mark: &Mark) -> u64 {
        match mark {
            Mark::Logged { log, sequence } => self.logs.get(log).map_or(0, |progress| {
                sequence
                    .saturating_sub(progress.covered)
                    .saturating_sub(1)
                    .saturating_sub(self.unnumbered)
            }),
            _ => 0,
        }
    }

    /// Whether an item that was missed is there again as it was: news, though its number is not.
    pub(super) fn is_back(&self, id: &ItemId, mark: &Mark) -> bool {
        self.told
            .get(id)
            .is_some_and(|told| told.standing == Standing::Missing && told.mark == *mark)
    }

    /// Whether the log was followed beyond it.
    fn is_told(&self, mark: &Mark) -> bool {
        match mark {
            Mark::Logged { log, sequence } => {
                self.known(log).is_some_and(|known| *sequence <= known)
            }
            _ => false,
        }
    }

    fn follow(&mut self, mark: &Mark) {
        match mark {
            Mark::Logged { log, sequence } => self.advance(&Arc::clone(log), *sequence),
            _ => self.unnumbered += 1,
        }
    }

    fn note(&mut self, id: &ItemId, mark: Mark, is_caught_up: bool, is_deletion: bool) {
        self.turn += 1;
        let standing = if is_deletion {
            Standing::Deleted
        } else {
            Standing::Alive
        };
        self.told.insert(
            id.clone(),
            Told {
                mark,
                turn: self.turn,
                is_caught_up,
                standing,
                expects_retraction: is_deletion,
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
    use super::{Beginning, Journal};
    use crate::change::{Action, Stamp};
    use crate::name::ItemId;
    use crate::subscriber::mark::Mark;

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

    /// Whether a bare retraction is news.
    fn retracted(journal: &mut Journal, name: &str) -> bool {
        let is_news = !journal.expects_retraction(&id(name));
        if is_news {
            journal.hear_retraction(&id(name));
        }
        is_news
    }

    #[test]
    fn a_numbered_change_is_told_once() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), numbered(1), None));
        assert!(!journal.hear(&id("1"), numbered(1), None));
        assert!(journal.hear(&id("1"), numbered(2), None));
        assert!(journal.hear(&id("2"), numbered(2), None));
    }

    #[test]
    fn foreign_words_may_be_said_again_but_not_echoed_after_a_catch_up() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), foreign("a"), None));
        assert!(journal.hear(&id("1"), foreign("a"), None));
        journal.catch_up(&id("1"), foreign("b"), None);
        assert!(!journal.hear(&id("1"), foreign("b"), None));
        assert!(journal.hear(&id("1"), foreign("b"), None));
    }

    #[test]
    fn what_was_there_before_is_known_and_may_still_be_told() {
        let mut journal = Journal::new(10, Beginning::Item(id("1"), numbered(1)));
        assert!(journal.knows(&id("1"), &numbered(1)));
        assert!(journal.hear(&id("1"), numbered(1), None));
    }

    #[test]
    fn the_oldest_are_forgotten_and_memory_stays_bounded() {
        let mut journal = Journal::new(3, Beginning::Unknown);
        for round in 0..100 {
            for name in ["a", "b", "c", "d"] {
                journal.hear(&id(name), numbered(round), None);
            }
        }
        assert!(!journal.knows(&id("a"), &numbered(99)));
        assert!(journal.knows(&id("d"), &numbered(99)));
        assert!(journal.told.len() <= 3 && journal.order.len() <= 7);
    }

    fn logged(sequence: u64) -> Mark {
        Mark::of(
            &Stamp {
                sequence: Some(sequence),
                log: Some("log".into()),
                ..Stamp::default()
            },
            "",
        )
    }

    #[test]
    fn a_log_is_told_in_order_and_nothing_below_is_news() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), logged(5), None));
        for (name, sequence) in [("1", 5), ("2", 4), ("3", 1)] {
            assert!(!journal.hear(&id(name), logged(sequence), None));
        }
        assert_eq!(journal.missing(&logged(6)), 0);
        assert_eq!(journal.missing(&logged(9)), 3);
        assert!(journal.hear(&id("2"), logged(9), None));
        assert_eq!(journal.known("log"), Some(9));
    }

    #[test]
    fn what_has_no_number_may_explain_a_missing_one() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), logged(1), None));
        assert!(retracted(&mut journal, "1"));
        assert!(journal.hear(&id("2"), foreign("raw"), None));
        assert_eq!(journal.missing(&logged(4)), 0);
        assert_eq!(journal.missing(&logged(5)), 1);
    }

    #[test]
    fn a_deletion_and_its_retraction_are_one_event_however_often_they_come() {
        for mark in [logged, numbered] {
            let mut journal = Journal::new(10, Beginning::Unknown);
            assert!(journal.hear(&id("1"), mark(1), None));
            assert!(journal.hear(&id("1"), mark(2), Some(Action::Delete)));
            for _ in 0..3 {
                assert!(!retracted(&mut journal, "1"));
                assert!(!journal.hear(&id("1"), mark(2), Some(Action::Delete)));
            }
            assert!(!retracted(&mut journal, "1"));
            assert!(journal.in_order().is_empty());
            // Saved again and retracted by somebody else.
            assert!(journal.hear(&id("1"), mark(3), Some(Action::Create)));
            assert!(retracted(&mut journal, "1"));
        }
    }

    #[test]
    fn what_was_saved_again_outlives_a_repeat_of_its_deletion() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("1"), logged(1), Some(Action::Create)));
        assert!(journal.hear(&id("1"), logged(2), Some(Action::Delete)));
        assert!(!retracted(&mut journal, "1"));
        assert!(journal.hear(&id("1"), logged(3), Some(Action::Create)));
        // All of it once more, as after a crash of the sender.
        assert!(!journal.hear(&id("1"), logged(1), Some(Action::Create)));
        assert!(!journal.hear(&id("1"), logged(2), Some(Action::Delete)));
        assert!(!retracted(&mut journal, "1"));
        assert!(!journal.hear(&id("1"), logged(3), Some(Action::Create)));
        assert!(journal.is_alive(&id("1")));
        // And now somebody really retracts it.
        assert!(retracted(&mut journal, "1"));
    }

    #[test]
    fn what_was_told_is_listed_by_age() {
        let mut journal = Journal::new(10, Beginning::Unknown);
        for name in ["a", "b", "a", "c"] {
            journal.hear(&id(name), foreign(name), None);
        }
        journal.miss(&id("b"));
        assert_eq!(journal.in_order(), [&id("a"), &id("c")]);
    }

    #[test]
    fn what_a_service_has_lost_is_news_when_it_has_it_again() {
        for mark in [logged, numbered] {
            let mut journal = Journal::new(10, Beginning::Unknown);
            for (name, sequence) in [("a", 1), ("a", 2), ("b", 3), ("b", 4)] {
                assert!(journal.hear(&id(name), mark(sequence), None));
            }
            journal.miss(&id("a"));
            assert!(!journal.is_alive(&id("a")));
            assert!(!retracted(&mut journal, "a"), "it was told as gone");
            assert!(!journal.knows(&id("a"), &mark(2)));
            assert!(journal.hear(&id("a"), mark(2), None));
            assert!(journal.is_alive(&id("a")) && journal.knows(&id("a"), &mark(2)));
            assert!(!journal.hear(&id("a"), mark(2), None));
            assert!(
                !journal.hear(&id("b"), mark(4), None),
                "this one was never missed"
            );
        }
        // Told from the beginning, it passes through its earlier states.
        let mut journal = Journal::new(10, Beginning::Unknown);
        assert!(journal.hear(&id("a"), logged(1), None));
        assert!(journal.hear(&id("a"), logged(2), None));
        journal.miss(&id("a"));
        assert!(!journal.hear(&id("a"), logged(1), None));
        assert!(journal.hear(&id("a"), logged(2), None));
        assert!(retracted(&mut journal, "a"));
    }
}
