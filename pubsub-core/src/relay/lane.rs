//! One lane: the entries of a node between the outbox and the service, in order.
//!
//! A state machine without clock, chance or I/O. Entries come in as they were read, go out one after the other, and are settled from
//! the front. After a refusal that passes nothing new goes out until all that is under way has come home; then the lane waits, tries
//! one, and goes on at full width when that one is through. Which lane has its turn is decided in `lanes`.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::back_off;
use super::bounds::{BACK_OFF, BUSY_LANE, LANE_LOOK, LANE_LOW, LANE_PAGE, LANE_UNDER_WAY};
use super::load::Load;
use super::slot::{Slot, State};
use crate::change::Change;
use crate::name::{ItemId, NodeName};
use crate::node_config::Setting;
use crate::store::{self, Settled};

/// What became of a change that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The service has it.
    Through,
    /// The service refuses it for good, with these words.
    Refused(String),
    /// The same may work later.
    Later,
    /// There was no answer: the same may work as soon as the service can be reached.
    Unanswered,
}

/// A change to send.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its number in the lane.
    pub(super) sequence: u64,
    pub(super) change: Change,
    /// Of which model it is, and the wishes for its node.
    pub(super) setting: Setting,
}

/// Whether the service still has what it was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// As far as we know.
    Trusted,
    /// It is to be asked, about what was through up to this number; not before that time.
    Doubted(u64, Option<Instant>),
    /// It is being asked.
    Asked(u64),
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) node: NodeName,
    /// Up to here the store knows that everything is settled.
    delivered: u64,
    /// Up to here everything is.
    passed: u64,
    read_to: u64,
    /// The last entry that we know of.
    last: u64,
    /// The entries after `passed` that were read, by number.
    slots: VecDeque<Slot>,
    /// No slot before this place waits.
    next: usize,
    waiting: usize,
    load: Load,
    /// Refused and passed, but not settled.
    parked: Vec<(u64, String)>,
    trouble: Option<Trouble>,
    pub(super) memory: Memory,
    pub(super) is_reading: bool,
    /// A settlement with so many of the parked is under way.
    settling: Option<usize>,
    is_releasing: bool,
    /// The news that was current when it was last read.
    read_at: u64,
    /// How many entries went through here.
    through: u64,
    /// When it last had something to do.
    pub(super) last_used: Instant,
    /// Since when it is ours without having anything to do.
    pub(super) idle_since: Option<Instant>,
    /// It is to be given back although it has nothing to settle.
    pub(super) is_unwanted: bool,
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    /// How many attempts came to nothing, one after the other.
    failures: u32,
    /// Not before; `None` until everything under way has come home.
    until: Option<Instant>,
    is_outage: bool,
}

impl Lane {
    pub(super) fn new(lane: store::Lane, memory: Memory, now: Instant) -> Self {
        Self {
            node: lane.node,
            delivered: lane.delivered,
            passed: lane.delivered,
            read_to: lane.delivered,
            last: lane.last,
            slots: VecDeque::new(),
            next: 0,
            waiting: 0,
            load: Load::default(),
            parked: Vec::new(),
            trouble: None,
            memory,
            is_reading: false,
            settling: None,
            is_releasing: false,
            read_at: 0,
            through: 0,
            last_used: now,
            idle_since: None,
            is_unwanted: false,
        }
    }

    pub(super) fn load(&self) -> Load {
        Load {
            unsettled: self.passed.saturating_sub(self.delivered),
            ..self.load
        }
    }

    pub(super) fn read_to(&self) -> u64 {
        self.read_to
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Whether more should be read; `news` is the current one.
    pub(super) fn is_hungry(&self, news: u64) -> bool {
        let may_be_more = self.read_at < news
            && (self.idle_since.is_some() || self.is_unread() || self.through >= BUSY_LANE);
        !self.is_reading
            && !self.is_releasing
            && self.memory == Memory::Trusted
            && self.waiting < LANE_LOW
            && (self.trouble.is_none() || self.slots.is_empty())
            && (self.is_unread() || may_be_more)
    }

    fn is_unread(&self) -> bool {
        self.read_to < self.last
    }

    /// How many entries to read next: what is known to be there, or a look at what may be.
    pub(super) fn appetite(&self) -> usize {
        let known = self.last.saturating_sub(self.read_to);
        usize::try_from(known).map_or(LANE_PAGE, |known| match known {
            0 => LANE_LOOK,
            known => known.min(LANE_PAGE),
        })
    }

    pub(super) fn begin_reading(&mut self, news: u64) {
        self.is_reading = true;
        self.read_at = news;
    }

    /// Takes in what was read: of the `most` that were asked for, in order.
    pub(super) fn take_in(&mut self, slots: Vec<Slot>, most: usize) {
        self.is_reading = false;
        let is_full = slots.len() >= most;
        if slots.is_empty() {
            // Numbers without an entry.
            let asked = self.read_to.saturating_add(most as u64);
            self.read_to = asked.min(self.last).max(self.read_to);
        }
        for slot in slots {
            // Anything else is not an answer to what was asked.
            if slot.sequence <= self.read_to {
                continue;
            }
            self.read_to = slot.sequence;
            self.load.held += 1;
            self.load.held_bytes += slot.load();
            self.waiting += usize::from(slot.is_waiting());
            self.slots.push_back(slot);
        }
        self.last = self.last.max(self.read_to);
        if is_full && !self.is_unread() {
            // There may be more, though nobody said so.
            self.read_at = 0;
        }
        self.advance();
    }

    /// Whether it has something that may go out now.
    pub(super) fn is_sendable(&self, now: Instant) -> bool {
        let has_room = match self.trouble {
            None => self.load.under_way < LANE_UNDER_WAY,
            Some(Trouble { until, .. }) => {
                self.load.under_way == 0 && until.is_some_and(|until| until <= now)
            }
        };
        self.waiting > 0 && has_room && self.memory == Memory::Trusted
    }

    /// When it may be sendable again, if only time is missing.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        if let Memory::Doubted(_, not_before) = self.memory {
            return not_before;
        }
        self.trouble
            .filter(|_| self.waiting > 0)
            .and_then(|trouble| trouble.until)
    }

    /// The next change to send.
    pub(super) fn send(&mut self, now: Instant) -> Option<Sent> {
        if !self.is_sendable(now) {
            return None;
        }
        while let Some(slot) = self.slots.get_mut(self.next) {
            self.next += 1;
            if let Some(change) = slot.send() {
                self.waiting -= 1;
                self.load.under_way += 1;
                self.load.under_way_bytes += slot.bytes;
                return Some(Sent {
                    sequence: slot.sequence,
                    change,
                    setting: slot.setting,
                });
            }
        }
        None
    }

    /// Notes what became of a change that was sent. `chance` draws the wait, should there be one.
    pub(super) fn answered(&mut self, sequence: u64, outcome: Outcome, now: Instant, chance: f64) {
        let place = self
            .slots
            .binary_search_by_key(&sequence, |slot| slot.sequence);
        let Some((place, slot)) = place
            .ok()
            .and_then(|place| Some((place, self.slots.get_mut(place)?)))
            .filter(|(_, slot)| matches!(slot.state, State::UnderWay(_)))
        else {
            return;
        };
        self.load.under_way -= 1;
        self.load.under_way_bytes -= slot.bytes;
        let is_home = match outcome {
            Outcome::Through => {
                self.load.held_bytes -= slot.bytes;
                self.through += 1;
                slot.state = State::Through;
                true
            }
            Outcome::Refused(reason) => {
                self.load.held_bytes -= slot.bytes;
                slot.state = State::Refused(reason);
                true
            }
            Outcome::Later | Outcome::Unanswered => {
                slot.again();
                self.waiting += 1;
                self.next = self.next.min(place);
                let failures = self.trouble.map_or(0, |trouble| trouble.failures);
                self.trouble = Some(Trouble {
                    failures,
                    until: None,
                    is_outage: outcome == Outcome::Unanswered,
                });
                false
            }
        };
        // The one that was tried after the wait; those that come home before it prove nothing.
        if is_home && self.trouble.is_some_and(|trouble| trouble.until.is_some()) {
            self.trouble = None;
        }
        self.come_home(now, chance);
        self.advance();
    }

    /// Everything under way has been called back, and counts as not sent.
    pub(super) fn take_back(&mut self, now: Instant, chance: f64) {
        for slot in &mut self.slots {
            if matches!(slot.state, State::UnderWay(_)) {
                slot.again();
                self.waiting += 1;
            }
        }
        self.next = 0;
        self.load.under_way = 0;
        self.load.under_way_bytes = 0;
        self.pass_over();
        self.come_home(now, chance);
        self.advance();
    }

    /// After a refusal, once nothing is under way: what is to be sent again, and when.
    fn come_home(&mut self, now: Instant, chance: f64) {
        if self.load.under_way > 0 {
            return;
        }
        let Some(Trouble {
            failures,
            until: None,
            is_outage,
        }) = self.trouble
        else {
            return;
        };
        let failures = failures.saturating_add(1);
        self.trouble = Some(Trouble {
            failures,
            until: Some(now + back_off::wait(BACK_OFF, failures, chance)),
            is_outage,
        });
        self.pass_over();
        if failures > 1 {
            self.put_down();
        }
    }

    /// Lets go of what cannot be sent soon, and will be read again: others need the room.
    fn put_down(&mut self) {
        let mut is_kept = false;
        while let Some(slot) = self.slots.pop_back() {
            let is_last = self.slots.is_empty();
            if is_last || !slot.is_waiting() {
                self.read_to = slot.sequence;
                self.slots.push_back(slot);
                is_kept = true;
                break;
            }
            self.waiting -= 1;
            self.load.held -= 1;
            self.load.held_bytes -= slot.bytes;
        }
        if !is_kept {
            self.read_to = self.passed;
        }
        self.next = self.next.min(self.slots.len());
    }

    /// What waits although a later change of the same item is through is not sent again: the item would go back in time.
    fn pass_over(&mut self) {
        let mut newer: HashSet<&ItemId> = HashSet::new();
        let mut passed_over = Vec::new();
        for (place, slot) in self.slots.iter().enumerate().rev() {
            match slot.state {
                State::Through => {
                    newer.insert(&slot.item);
                }
                State::Waiting(_) if newer.contains(&slot.item) => passed_over.push(place),
                _ => {}
            }
        }
        for place in passed_over {
            if let Some(slot) = self.slots.get_mut(place) {
                self.waiting -= 1;
                self.load.held_bytes -= slot.bytes;
                slot.state = State::Through;
            }
        }
    }

    /// Lets go of what is settled at the front.
    fn advance(&mut self) {
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.is_settled()) {
            self.passed = slot.sequence;
            self.load.held -= 1;
            self.next = self.next.saturating_sub(1);
            if let State::Refused(reason) = slot.state {
                self.parked.push((slot.sequence, reason));
            }
        }
        if self.slots.is_empty() {
            self.passed = self.passed.max(self.read_to);
        }
    }

    /// The service can be reached again: who waited for that waits no longer.
    pub(super) fn end_outage(&mut self, now: Instant) {
        if let Some(trouble) = &mut self.trouble
            && trouble.is_outage
            && trouble.until.is_some()
        {
            trouble.until = Some(now);
        }
    }

    /// The service may have forgotten what it was told.
    pub(super) fn doubt(&mut self) {
        let known = match self.memory {
            Memory::Trusted => self.passed,
            Memory::Doubted(known, _) | Memory::Asked(known) => known.min(self.passed),
        };
        self.memory = Memory::Doubted(known, None);
    }

    /// Whether the service can be asked now: nothing of the lane is in between.
    pub(super) fn is_askable(&self, now: Instant) -> bool {
        matches!(self.memory, Memory::Doubted(_, not_before) if not_before.is_none_or(|time| time <= now))
            && self.load.under_way == 0
            && !self.is_reading
            && self.settling.is_none()
            && !self.has_something_to_settle()
    }

    /// The service has what it was told.
    pub(super) fn trust(&mut self) {
        self.memory = Memory::Trusted;
    }

    /// The outbox was wound back: everything is read anew.
    pub(super) fn restart(&mut self, lane: store::Lane) {
        let fresh = Self::new(lane, Memory::Trusted, self.last_used);
        *self = Self {
            through: self.through,
            ..fresh
        };
    }

    /// Nothing is left to do that we know of.
    pub(super) fn is_exhausted(&self) -> bool {
        self.slots.is_empty()
            && !self.is_unread()
            && !self.is_reading
            && self.memory == Memory::Trusted
    }

    pub(super) fn has_something_to_settle(&self) -> bool {
        self.passed > self.delivered || !self.parked.is_empty()
    }

    pub(super) fn is_settling(&self) -> bool {
        self.settling.is_some()
    }

    /// What the store is to note. `release` gives the lane back.
    pub(super) fn begin_settling(&mut self, release: bool) -> Settled {
        self.settling = Some(self.parked.len());
        self.is_releasing = release;
        Settled {
            node: self.node.clone(),
            delivered: self.passed,
            parked: self.parked.clone(),
            release,
        }
    }

    /// The store has noted that everything up to `delivered` is settled. Whether the lane is given back, unless the store says otherwise.
    pub(super) fn settled(&mut self, delivered: u64) -> bool {
        self.delivered = self.delivered.max(delivered);
        let noted = self.settling.take().unwrap_or(0);
        self.parked.drain(..noted.min(self.parked.len()));
        std::mem::take(&mut self.is_releasing)
    }

    /// The store could not note it; it will be told again.
    pub(super) fn not_settled(&mut self) {
        self.settling = None;
        self.is_releasing = false;
    }

    /// The lane is still ours, and has this much.
    pub(super) fn kept(&mut self, last: u64) {
        self.last = self.last.max(last);
        self.is_releasing = false;
        self.is_unwanted = false;
        self.read_at = 0;
    }

    /// The service could not be asked.
    pub(super) fn ask_later(&mut self, now: Instant, wait: Duration) {
        if let Memory::Asked(known) = self.memory {
            self.memory = Memory::Doubted(known, Some(now + wait));
        }
    }
}
