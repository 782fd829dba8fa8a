//! How somebody who may listen is put into its channels: where it takes over, and what it is sent of the past.

use std::collections::VecDeque;
use std::sync::Arc;

use smallvec::SmallVec;

use super::subscribe::Admitted;
use crate::channel::{Channel, Cursor, Epoch, Kind, Message, RESET, Resume, replay};
use crate::feed::{Missed, missed};
use crate::frame::control;
use crate::inner::Inner;
use crate::subscriber::{Client, Seat};

/// A place in a channel that was given and is not taken yet.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) channel: Arc<Channel>,
    backtrack: usize,
    /// What happened since the list that the client has read.
    missed: Option<Missed>,
    is_taken: bool,
}

/// What a client is sent of the past.
struct Past {
    messages: Vec<Arc<Message>>,
    /// Of this channel something is lost.
    incomplete: Option<Arc<str>>,
}

impl Entry {
    /// Of a channel that was entered.
    pub(super) fn new(channel: Arc<Channel>, backtrack: usize) -> Self {
        Self {
            channel,
            backtrack,
            missed: None,
            is_taken: false,
        }
    }

    /// Collects what happened since the position that the client has of this channel, if it has one.
    pub(super) async fn catch_up(&mut self, inner: &Inner, resume: &Resume) {
        // Whoever was here before knows a later place than that of the page.
        if resume.cursor.is_some() {
            return;
        }
        let node = self.channel.name().node();
        let position = resume
            .positions
            .iter()
            .find(|position| position.is_of(node));
        if let Some(position) = position {
            self.missed = Some(missed(inner, &self.channel, position).await);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_taken {
            self.channel.exit();
        }
    }
}

impl Admitted {
    pub(crate) fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.entries.iter().map(|entry| &entry.channel)
    }

    /// Puts the client into its channels. What it asked for of the past comes first, and then everything that happens, without gap or repeat.
    /// Where it would go on before all that, as text.
    pub(crate) fn seat(mut self, inner: &Inner, client: &Arc<Client>) -> String {
        let mut seats: SmallVec<[Seat; 1]> = SmallVec::new();
        for entry in &mut self.entries {
            entry.is_taken = true;
            let missed = entry.missed.as_ref();
            let known = missed.map(|missed| Box::new(missed.known.clone()));
            seats.push(Seat {
                ticket: Some(entry.channel.join(client)),
                channel: Arc::clone(&entry.channel),
                place: 0,
                known,
            });
        }
        let epoch = inner.hub().epoch();
        // Nothing is published meanwhile.
        let counter = inner.hub().counter();
        let now = counter.number();
        let past = self.past(&mut seats, epoch);
        drop(counter);
        for seat in &seats {
            inner.hub().tell("client_subscribed", seat.channel.name());
        }
        let cursor = self.before(&past, Cursor { epoch, number: now });
        let past = self.complete(past, now);
        client.lock().source.start(seats, past);
        // What happened between the decision and now has not found it in its channels.
        if let Some(dismissal) = inner.dismissal(self.identity.as_deref(), self.stage) {
            client.dismiss(dismissal);
        }
        cursor
    }

    /// What was missed on all channels.
    fn past(&self, seats: &mut [Seat], epoch: Epoch) -> Past {
        let mut past = Past {
            messages: Vec::new(),
            incomplete: None,
        };
        for (entry, seat) in self.entries.iter().zip(seats) {
            let mut ring = entry.channel.ring();
            seat.place = ring.end();
            let found = match &entry.missed {
                Some(missed) => missed.with_ring(&mut ring),
                None => replay(&ring, &self.resume, entry.backtrack, epoch),
            };
            drop(ring);
            past.messages.extend(found.messages);
            if found.is_incomplete {
                past.incomplete
                    .get_or_insert_with(|| entry.channel.name().shared());
            }
        }
        // What is in no ring has no number, and comes first.
        if self.resume.cursor.is_some() || !self.resume.positions.is_empty() {
            past.messages.sort_by_key(|message| message.number);
        }
        if self.resume.positions.len() > 1 {
            self.join_positions(&mut past.messages);
        }
        past
    }

    /// With several positions, the place after a message says where all of them are.
    fn join_positions(&self, messages: &mut [Arc<Message>]) {
        let mut places: Vec<(&Channel, String)> = Vec::new();
        for entry in &self.entries {
            let node = entry.channel.name().node();
            let mut positions = self.resume.positions.iter();
            if let Some(position) = positions.find(|position| position.is_of(node)) {
                places.push((&entry.channel, position.to_string()));
            }
        }
        for message in messages {
            let Some(position) = &message.position else {
                continue;
            };
            for (channel, place) in &mut places {
                if *channel.name().as_str() == *message.channel {
                    place.replace_range(.., position);
                }
            }
            let all: Vec<_> = places.iter().map(|(_, place)| &**place).collect();
            let position = Some(all.join(",").into());
            *message = Arc::new(Message {
                position,
                ..Message::clone(message)
            });
        }
    }

    /// Where a client would go on that is sent nothing of this.
    fn before(&self, past: &Past, now: Cursor) -> String {
        let by_position = past
            .messages
            .iter()
            .any(|message| message.position.is_some());
        if by_position {
            let positions = self.resume.positions.iter().map(ToString::to_string);
            return positions.collect::<Vec<_>>().join(",");
        }
        let first = past.messages.iter().map(|message| message.number).min();
        let number = first.map_or(now.number, |first| first.saturating_sub(1));
        Cursor { number, ..now }.to_string()
    }

    /// Says first that something is lost, and last where to go on, to those who asked for that.
    fn complete(&self, past: Past, now: u64) -> VecDeque<Arc<Message>> {
        let mut messages = VecDeque::from(past.messages);
        if let Some(channel) = past.incomplete {
            let first = messages.iter().map(|message| message.number).min();
            let mut reset = control(RESET, &channel, "reset");
            reset.kind = Kind::Reset;
            reset.number = first.map_or(now, |first| first.saturating_sub(1));
            messages.push_front(Arc::new(reset));
        }
        if self.wants_cursor {
            let mut cursor = control(0, "", "");
            cursor.kind = Kind::Cursor;
            cursor.number = now;
            messages.push_back(Arc::new(cursor));
        }
        messages
    }
}
