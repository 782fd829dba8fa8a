//! What one channel holds: what its clients are still to be sent, and what new ones may ask for.
//!
//! Two bounded lists of the same messages. `recent` is for those who are connected: every one of them has a place in it and no queue of its
//! own, and one whose place has fallen out is too slow. `stored` is what a publisher asked to keep, for those who come later. Pure: the time
//! comes in as a parameter. Which of the stored messages a request asks for is `replay`'s business.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pubsub_core::change::Stamp;

use super::message::{Kind, Message, Moment};
use crate::frame::Framed;

/// The largest id that is not counted up to: what comes after it can still be told apart by JavaScript.
const MOST_ID: i64 = 1 << 52;

/// How much a channel holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RingBounds {
    /// Messages for those who come later.
    pub(crate) stored: usize,
    /// How long those are kept.
    pub(crate) stored_for: Duration,
    /// Messages for those who are connected.
    pub(crate) recent: usize,
    /// How long those are kept.
    pub(crate) recent_for: Duration,
    /// Bytes of text in each of the two.
    pub(crate) bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Ring {
    bounds: RingBounds,
    recent: VecDeque<(Instant, Arc<Framed>)>,
    recent_bytes: usize,
    /// The place of the first of them.
    first: u64,
    stored: VecDeque<(Instant, Arc<Message>)>,
    stored_bytes: usize,
    /// How many messages were published.
    published: u64,
    /// The id of the last of them.
    last_id: i64,
    newest: Moment,
    /// The highest number that is held no more, or was given before the channel was there.
    lost: u64,
    /// The moment of the last message that is stored no more.
    expired: Moment,
    is_closed: bool,
}

/// What a client at some place is to be sent next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing for now.
    Nothing,
    /// What it should have been sent is held no more.
    Gone,
    /// These, after which its place is the second.
    Entries(Vec<Arc<Framed>>, u64),
}

/// What is known of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) published: u64,
    pub(crate) stored: usize,
}

impl Ring {
    /// An empty one, in which nothing up to that number can be found.
    pub(crate) fn new(bounds: RingBounds, number: u64) -> Self {
        Self {
            bounds,
            recent: VecDeque::new(),
            recent_bytes: 0,
            first: 0,
            stored: VecDeque::new(),
            stored_bytes: 0,
            published: 0,
            last_id: 0,
            newest: Moment::NEVER,
            lost: number,
            expired: Moment::NEVER,
            is_closed: false,
        }
    }

    /// The id of the next message, if this is what it says.
    pub(crate) fn next_id(&self, stamp: &Stamp) -> i64 {
        let next = self.last_id.saturating_add(1);
        stored_id(stamp).map_or(next, |id| next.max(id))
    }

    /// Has what comes next have higher ids than so many messages that are told before it, if nothing has come yet.
    pub(crate) fn leave_room(&mut self, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.last_id = self.last_id.max(count.min(MOST_ID));
    }

    /// Takes an entry. Its place; `None` when the channel is closed.
    pub(crate) fn push(&mut self, entry: Arc<Framed>, now: Instant) -> Option<u64> {
        if self.is_closed {
            return None;
        }
        let message = Arc::clone(entry.message());
        let bytes = weight(&message);
        match message.kind {
            Kind::Message => {
                self.published += 1;
                self.last_id = message.id;
                self.newest = message.moment;
                if message.is_stored {
                    self.stored_bytes += bytes;
                    self.stored.push_back((now, message));
                }
            }
            Kind::Deleted => self.is_closed = true,
            Kind::Reset => self.lost = self.lost.max(message.number),
            Kind::Cursor => {}
        }
        let place = self.end();
        self.recent_bytes += bytes;
        self.recent.push_back((now, entry));
        self.shrink(now);
        Some(place)
    }

    /// Forgets what is too much or too old.
    pub(crate) fn shrink(&mut self, now: Instant) {
        let RingBounds {
            stored,
            stored_for,
            recent,
            recent_for,
            bytes,
        } = self.bounds;
        while let Some((since, message)) = self.stored.front() {
            let is_fresh = now.duration_since(*since) <= stored_for;
            if self.stored.len() <= stored && self.stored_bytes <= bytes && is_fresh {
                break;
            }
            self.stored_bytes -= weight(message);
            self.expired = message.moment;
            if !self.is_recent(message.number) {
                self.lost = self.lost.max(message.number);
            }
            self.stored.pop_front();
        }
        while let Some((since, entry)) = self.recent.front() {
            let is_fresh = now.duration_since(*since) <= recent_for;
            // The newest is kept however large it is: somebody is to be sent it.
            let fits = self.recent_bytes <= bytes || self.recent.len() == 1;
            if self.recent.len() <= recent && fits && is_fresh {
                break;
            }
            let message = entry.message();
            let (number, bytes) = (message.number, weight(message));
            self.recent_bytes -= bytes;
            self.recent.pop_front();
            self.first += 1;
            let is_stored = self
                .stored
                .front()
                .is_some_and(|(_, oldest)| oldest.number <= number);
            if !(is_stored && self.stored.binary_search_by_key(&number, numbered).is_ok()) {
                self.lost = self.lost.max(number);
            }
        }
    }

    /// Forgets everything that is stored, and what connected clients have been sent.
    pub(crate) fn purge(&mut self, number: u64) {
        self.stored.clear();
        self.stored_bytes = 0;
        self.expired = self.newest;
        self.lost = self.lost.max(number);
    }

    /// The place after the last entry.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.recent.len() as u64
    }

    /// What comes after a place, up to so many entries and about so many bytes.
    pub(crate) fn after(&self, place: u64, most: usize, most_bytes: usize) -> Next {
        let Some(skipped) = place.checked_sub(self.first) else {
            return Next::Gone;
        };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        if skipped >= self.recent.len() {
            return Next::Nothing;
        }
        let mut entries = Vec::new();
        let mut bytes = 0;
        for (_, entry) in self.recent.iter().skip(skipped).take(most) {
            bytes += weight(entry.message());
            if bytes > most_bytes && !entries.is_empty() {
                break;
            }
            entries.push(Arc::clone(entry));
        }
        let next = place + entries.len() as u64;
        Next::Entries(entries, next)
    }

    /// The number of the entry at a place, if there is one.
    pub(crate) fn number_at(&self, place: u64) -> Option<u64> {
        let skipped = usize::try_from(place.checked_sub(self.first)?).ok()?;
        self.recent
            .get(skipped)
            .map(|(_, entry)| entry.message().number)
    }

    /// What is stored, oldest first.
    pub(crate) fn stored(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.stored.iter().map(|(_, message)| message)
    }

    pub(crate) fn recent(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.recent.iter().map(|(_, entry)| entry.message())
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            published: self.published,
            stored: self.stored.len(),
        }
    }

    pub(crate) fn newest(&self) -> Moment {
        self.newest
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    pub(crate) fn expired(&self) -> Moment {
        self.expired
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn is_recent(&self, number: u64) -> bool {
        self.recent
            .front()
            .is_some_and(|(_, oldest)| oldest.message().number <= number)
    }
}

/// The number that a row has in the store of its sender. Whoever may publish may say any; ids go on beyond the largest that is believed.
pub(crate) fn stored_id(stamp: &Stamp) -> Option<i64> {
    let number = stamp.log.as_ref().and(stamp.sequence)?;
    i64::try_from(number)
        .ok()
        .filter(|id| (1..=MOST_ID).contains(id))
}

fn numbered((_, message): &(Instant, Arc<Message>)) -> u64 {
    message.number
}

/// What a message counts for: its words, and something for the rest of it.
fn weight(message: &Message) -> usize {
    let content = &message.content;
    content.text.len() + content.event_id.len() + content.event_type.len() + 64
}
