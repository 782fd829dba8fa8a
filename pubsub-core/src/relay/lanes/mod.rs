//! All lanes that are ours: whose turn it is to be read, sent, settled, given back, and asked about.
//!
//! Pure: no clock, chance or I/O. Bounds what is held and under way in all. What a single lane may do is in `lane`.

mod settling;

use std::collections::{BTreeSet, HashMap, VecDeque};

use tokio::time::Instant;

use super::bounds::{
    BURST, FIRST_PAGE, HELD, HELD_BYTES, KEEP_LANE, KEPT_LANES, LANES, MOST_LANES, PAGE,
};
use super::lane::{Lane, Memory, Outcome, Sent};
use super::load::{Load, Width};
use super::slot::Slot;
use crate::name::NodeName;
use crate::store::{self, Settled, Wanted};

/// Names a lane for as long as it is ours.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u64);

#[derive(Debug)]
pub(super) struct Lanes {
    ours: HashMap<Key, Held>,
    keys: HashMap<NodeName, Key>,
    next_key: u64,
    width: Width,
    total: Load,
    /// Grows whenever lanes may have become longer.
    news: u64,
    sendable: VecDeque<Key>,
    /// How many more the first of them may send before the next has its turn.
    burst: usize,
    hungry: VecDeque<Key>,
    unsettled: VecDeque<Key>,
    unsettled_since: Option<Instant>,
    /// Not before: somebody else held a lane.
    settles_from: Option<Instant>,
    doubted: VecDeque<Key>,
    waking: BTreeSet<(Instant, Key)>,
    /// Lanes that are ours though they are empty.
    idle: BTreeSet<Key>,
    /// How large a payload is, as far as was seen.
    typical: Option<usize>,
    /// No lane is kept that has nothing to do, and nothing is read.
    is_leaving: bool,
    /// Somebody waits for the store to know what is through.
    pub(super) is_hurried: bool,
}

#[derive(Debug)]
struct Held {
    lane: Lane,
    listed: Listed,
}

/// In which lists the lane stands.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each list, and all combinations occur"
)]
struct Listed {
    sendable: bool,
    hungry: bool,
    unsettled: bool,
    doubted: bool,
    waking: Option<Instant>,
}

impl Lanes {
    pub(super) fn new(width: Width) -> Self {
        Self {
            ours: HashMap::new(),
            keys: HashMap::new(),
            next_key: 0,
            width,
            total: Load::default(),
            news: 1,
            sendable: VecDeque::new(),
            burst: BURST,
            hungry: VecDeque::new(),
            unsettled: VecDeque::new(),
            unsettled_since: None,
            settles_from: None,
            doubted: VecDeque::new(),
            waking: BTreeSet::new(),
            idle: BTreeSet::new(),
            typical: None,
            is_leaving: false,
            is_hurried: false,
        }
    }

    /// How many more lanes may be claimed. Those that only wait, for their next attempt or for more to come, leave room for others.
    pub(super) fn room(&self) -> usize {
        let busy = self.ours.len().saturating_sub(self.waking.len());
        let most = MOST_LANES.saturating_sub(self.ours.len());
        LANES.saturating_sub(busy).min(most)
    }

    pub(super) fn load(&self) -> Load {
        self.total
    }

    /// Nothing is left to do that we know of.
    pub(super) fn is_quiet(&self) -> bool {
        self.total == Load::default()
            && self.hungry.is_empty()
            && self.idle.len() == self.ours.len()
    }

    /// Takes lanes that were claimed. `is_doubted`: the service is to be asked what it remembers of them first.
    pub(super) fn claimed(&mut self, claimed: Vec<store::Lane>, is_doubted: bool, now: Instant) {
        for lane in claimed {
            if let Some(key) = self.keys.get(&lane.node).copied() {
                self.update(key, now, |held| held.kept(lane.last));
                continue;
            }
            let memory = if is_doubted {
                Memory::Doubted(lane.delivered, None)
            } else {
                Memory::Trusted
            };
            let key = Key(self.next_key);
            self.next_key += 1;
            self.keys.insert(lane.node.clone(), key);
            let mut lane = Lane::new(lane, memory, now);
            // Claimed for its memory alone: not to be kept when that is good.
            lane.is_unwanted = is_doubted;
            let listed = Listed::default();
            self.ours.insert(key, Held { lane, listed });
            self.update(key, now, |_| ());
        }
    }

    /// Lanes may have become longer.
    pub(super) fn news(&mut self, now: Instant) {
        self.news += 1;
        for key in self.idle.clone() {
            self.update(key, now, |_| ());
        }
    }

    /// What is to be read next, if anything; the lanes are then being read until [`read`](Self::read) is called.
    pub(super) fn wanted(&mut self, now: Instant) -> Vec<Wanted> {
        let typical = self.typical.unwrap_or(HELD_BYTES / FIRST_PAGE).max(1);
        let room = HELD_BYTES.saturating_sub(self.total.held_bytes) / typical;
        let page = self.typical.map_or(FIRST_PAGE, |_| PAGE);
        let mut room = room.min(HELD.saturating_sub(self.total.held)).min(page);
        // Something is always read, or one large payload would stop everything.
        if self.total.held == 0 {
            room = room.max(1);
        }
        let mut wanted = Vec::new();
        while room > 0 {
            let Some(key) = self.hungry.pop_front() else {
                break;
            };
            let news = self.news;
            let Some(held) = self.ours.get_mut(&key) else {
                continue;
            };
            held.listed.hungry = false;
            if !held.lane.is_hungry(news) {
                continue;
            }
            let most = held.lane.appetite().min(room);
            let after = held.lane.read_to();
            room = room.saturating_sub(most);
            wanted.push(Wanted {
                node: held.lane.node.clone(),
                after,
                most: u32::try_from(most).unwrap_or(u32::MAX),
            });
            self.update(key, now, |lane| lane.begin_reading(news));
        }
        wanted
    }

    /// Whether [`wanted`](Self::wanted) may name something now.
    pub(super) fn is_hungry(&self) -> bool {
        !self.hungry.is_empty()
            && (self.total.held == 0
                || (self.total.held < HELD * 3 / 4 && self.total.held_bytes < HELD_BYTES * 3 / 4))
    }

    /// Takes in what was read of one lane.
    pub(super) fn read(&mut self, wanted: &Wanted, slots: Vec<Slot>, now: Instant) {
        for slot in &slots {
            // Leans towards the large ones, which are what fills memory.
            let typical = self.typical.unwrap_or(slot.bytes);
            self.typical = Some(typical.max(slot.bytes) - typical.saturating_sub(slot.bytes) / 64);
        }
        if let Some(key) = self.keys.get(&wanted.node).copied() {
            let most = usize::try_from(wanted.most).unwrap_or(usize::MAX);
            self.update(key, now, |lane| lane.take_in(slots, most));
        }
    }

    /// Nothing could be read of one lane.
    pub(super) fn not_read(&mut self, wanted: &Wanted, now: Instant) {
        if let Some(key) = self.keys.get(&wanted.node).copied() {
            self.update(key, now, |lane| {
                lane.is_reading = false;
                // What was news then has not been read.
                lane.kept(0);
            });
        }
    }

    /// The next change to send.
    pub(super) fn send(&mut self, now: Instant) -> Option<(Key, Sent)> {
        loop {
            if self.total.under_way >= self.width.entries
                || (self.total.under_way > 0 && self.total.under_way_bytes >= self.width.bytes)
            {
                return None;
            }
            let key = *self.sendable.front()?;
            let sent = if self.burst > 0 {
                self.update(key, now, |lane| lane.send(now)).flatten()
            } else {
                None
            };
            if let Some(sent) = sent {
                self.burst -= 1;
                return Some((key, sent));
            }
            self.burst = BURST;
            self.sendable.pop_front();
            if let Some(held) = self.ours.get_mut(&key) {
                held.listed.sendable = false;
                self.update(key, now, |_| ());
            }
        }
    }

    /// Notes what became of a change that was sent.
    pub(super) fn answered(
        &mut self,
        key: Key,
        sequence: u64,
        outcome: Outcome,
        now: Instant,
        chance: f64,
    ) {
        self.update(key, now, |lane| {
            lane.answered(sequence, outcome, now, chance);
        });
    }

    /// Everything under way has been called back, and counts as not sent.
    pub(super) fn take_back(&mut self, now: Instant, mut chance: impl FnMut() -> f64) {
        for key in self.all() {
            self.update(key, now, |lane| lane.take_back(now, chance()));
        }
    }

    /// The service can be reached again.
    pub(super) fn end_outage(&mut self, now: Instant) {
        for key in self.all() {
            self.update(key, now, |lane| lane.end_outage(now));
        }
    }

    /// The service may have forgotten what it was told.
    pub(super) fn doubt(&mut self, now: Instant) {
        for key in self.all() {
            self.update(key, now, Lane::doubt);
        }
    }

    /// The next lane about which the service is to be asked: its node, what was through when doubts arose, and its last number.
    pub(super) fn ask(&mut self, now: Instant) -> Option<(Key, NodeName, u64, u64)> {
        loop {
            let key = self.doubted.pop_front()?;
            let Some(held) = self.ours.get_mut(&key) else {
                continue;
            };
            held.listed.doubted = false;
            let Memory::Doubted(known, _) = held.lane.memory else {
                continue;
            };
            if held.lane.is_askable(now) {
                held.lane.memory = Memory::Asked(known);
                return Some((key, held.lane.node.clone(), known, held.lane.last()));
            }
            self.update(key, now, |_| ());
        }
    }

    /// What came of asking about a lane.
    pub(super) fn asked(&mut self, key: Key, now: Instant, note: impl FnOnce(&mut Lane)) {
        self.update(key, now, |lane| {
            if matches!(lane.memory, Memory::Asked(_)) {
                note(lane);
            }
        });
    }

    /// The lane is no longer ours.
    pub(super) fn forget(&mut self, node: &NodeName) {
        let Some(key) = self.keys.remove(node) else {
            return;
        };
        if let Some(held) = self.ours.remove(&key) {
            self.total.subtract(held.lane.load());
            if let Some(time) = held.listed.waking {
                self.waking.remove(&(time, key));
            }
        }
        self.idle.remove(&key);
        if self.sendable.front() == Some(&key) {
            self.burst = BURST;
        }
    }

    /// From now on nothing is read, and lanes are given back as soon as they have nothing to do.
    pub(super) fn leave(&mut self, now: Instant) {
        self.is_leaving = true;
        for key in self.all() {
            self.update(key, now, |lane| lane.is_unwanted = true);
        }
    }

    /// Gives all lanes back as they stand: what is through, and nothing of what is not.
    pub(super) fn give_back(&mut self, now: Instant) -> Vec<Settled> {
        let all = self.all();
        let give_back = |key| self.update(key, now, |lane| lane.begin_settling(true));
        all.into_iter().filter_map(give_back).collect()
    }

    /// When time alone changes something.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.waking.first().map(|(time, _)| *time)
    }

    /// Time has passed.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some((_, key)) = self
            .waking
            .first()
            .copied()
            .filter(|(time, _)| *time <= now)
        {
            self.waking.pop_first();
            let Some(held) = self.ours.get_mut(&key) else {
                continue;
            };
            held.listed.waking = None;
            if held
                .lane
                .idle_since
                .is_some_and(|since| since + KEEP_LANE <= now)
            {
                held.lane.is_unwanted = true;
            }
            self.update(key, now, |_| ());
        }
    }

    fn all(&self) -> Vec<Key> {
        let mut all: Vec<_> = self.ours.keys().copied().collect();
        // The same order for the same history.
        all.sort_unstable();
        all
    }

    /// Changes a lane, and puts it into the lists where it belongs by then.
    fn update<T>(
        &mut self,
        key: Key,
        now: Instant,
        change: impl FnOnce(&mut Lane) -> T,
    ) -> Option<T> {
        let Held { lane, listed } = self.ours.get_mut(&key)?;
        let before = lane.load();
        let answer = change(lane);
        self.total.add(lane.load());
        self.total.subtract(before);

        let is_done = lane.is_exhausted() && !lane.has_something_to_settle() && !lane.is_settling();
        if !is_done {
            if lane.load().held > 0 {
                lane.last_used = now;
            }
            if lane.idle_since.take().is_some() {
                self.idle.remove(&key);
            }
        } else if lane.idle_since.is_none() {
            lane.idle_since = Some(lane.last_used);
            lane.is_unwanted |= self.is_leaving || self.idle.len() >= KEPT_LANES;
            self.idle.insert(key);
        }
        if lane.is_sendable(now) && !listed.sendable {
            listed.sendable = true;
            self.sendable.push_back(key);
        }
        if lane.is_hungry(self.news) && !self.is_leaving && !listed.hungry {
            listed.hungry = true;
            self.hungry.push_back(key);
        }
        let is_settleable = lane.has_something_to_settle() || (is_done && lane.is_unwanted);
        if is_settleable && !lane.is_settling() && !listed.unsettled {
            listed.unsettled = true;
            self.unsettled.push_back(key);
            self.unsettled_since.get_or_insert(now);
        }
        if lane.is_askable(now) && !listed.doubted {
            listed.doubted = true;
            self.doubted.push_back(key);
        }
        let keeps_until = lane.idle_since.map(|since| since + KEEP_LANE);
        let wakes_at = lane
            .wakes_at()
            .or(keeps_until.filter(|_| !lane.is_unwanted))
            .filter(|time| *time > now);
        if wakes_at != listed.waking {
            if let Some(time) = listed.waking {
                self.waking.remove(&(time, key));
            }
            listed.waking = wakes_at;
            self.waking.extend(wakes_at.map(|time| (time, key)));
        }
        Some(answer)
    }
}
