//! Which messages of the past a request asks for.
//!
//! Pure. A cursor of ours is exact and says when something is missing; event id, time and tag are understood as nginx-push-stream-module
//! understands them; `.bN` counts where none of them came with the request.

use std::sync::Arc;

use pubsub_core::Position;

use super::cursor::{Cursor, Epoch};
use super::message::{Message, Moment};
use super::ring::Ring;

/// From where a client wants to go on, on all its channels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resume {
    pub(crate) cursor: Option<Cursor>,
    pub(crate) event_id: Option<String>,
    pub(crate) since: Option<Since>,
    /// Where a list was read, or a message of it.
    pub(crate) positions: Vec<Position>,
}

/// From a time on; with a tag from a message of that second on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) time: u64,
    pub(crate) tag: Option<u64>,
}

/// What is to be sent before what happens from now on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replay {
    pub(crate) messages: Vec<Arc<Message>>,
    /// Messages that should be among them are held no more, or nobody can tell.
    pub(crate) is_incomplete: bool,
}

/// Selects from what a channel holds.
pub(crate) fn replay(ring: &Ring, resume: &Resume, backtrack: usize, epoch: Epoch) -> Replay {
    if let Some(cursor) = resume.cursor {
        return after_cursor(ring, cursor, epoch);
    }
    // A client that repeats `.bN` with every poll must not be sent the same messages for ever.
    let is_from_the_start = resume.since.is_some_and(Since::is_the_start);
    let is_placed = resume.event_id.is_some() || (resume.since.is_some() && !is_from_the_start);
    if backtrack > 0 && !is_placed {
        return last(ring, backtrack);
    }
    by_id_or_time(ring, resume)
}

fn after_cursor(ring: &Ring, cursor: Cursor, epoch: Epoch) -> Replay {
    if cursor.epoch != epoch {
        return Replay {
            messages: Vec::new(),
            is_incomplete: true,
        };
    }
    let is_new = |message: &&Arc<Message>| message.id > 0 && message.number > cursor.number;
    let recent: Vec<_> = ring.recent().filter(is_new).cloned().collect();
    let first = recent.first().map_or(u64::MAX, |message| message.number);
    let stored = ring.stored().filter(is_new);
    let stored = stored.filter(|message| message.number < first).cloned();
    let mut messages: Vec<_> = stored.collect();
    messages.extend(recent);
    Replay {
        messages,
        is_incomplete: ring.lost() > cursor.number,
    }
}

fn last(ring: &Ring, backtrack: usize) -> Replay {
    let mut messages: Vec<_> = ring.stored().rev().take(backtrack).cloned().collect();
    messages.reverse();
    Replay {
        messages,
        is_incomplete: false,
    }
}

/// The earlier of both places counts.
fn by_id_or_time(ring: &Ring, resume: &Resume) -> Replay {
    let place_of_id = resume.event_id.as_deref().and_then(|id| {
        let found = ring
            .stored()
            .position(|message| *message.content.event_id == *id);
        found.map(|place| place + 1)
    });
    let place_of_time = resume.since.and_then(|since| {
        ring.stored()
            .position(|message| since.precedes(message.moment))
    });
    let from = match (place_of_id, place_of_time) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let messages = from.map_or_else(Vec::new, |from| ring.stored().skip(from).cloned().collect());
    let is_incomplete = match resume.since {
        Some(since) => {
            place_of_id.is_none()
                && !since.is_the_start()
                && ring.expired() != Moment::NEVER
                && since.precedes(ring.expired())
        }
        None => resume.event_id.is_some() && place_of_id.is_none(),
    };
    Replay {
        messages,
        is_incomplete,
    }
}

impl Since {
    /// Whether it is what clients send that have seen nothing yet.
    fn is_the_start(self) -> bool {
        self.time == 0 && self.tag.is_none_or(|tag| tag == 0)
    }

    /// Whether a message of that moment is news.
    fn precedes(self, moment: Moment) -> bool {
        let is_later_in_second = |tag| moment.time == self.time && moment.tag > tag;
        moment.time > self.time || self.tag.is_some_and(is_later_in_second)
    }
}
