//! What a subscriber is still to be sent: pieces of bytes, one after another.
//!
//! First what it missed, then what comes. Holds no messages beyond those of the past that it asked for: a place in each channel says
//! the rest. With several channels, entries come in the order of their numbers. Does not know sockets.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

use super::dismissal::Dismissal;
use super::seat::Seat;
use crate::channel::{
    Batch, Channel, Hub, Kind, MOST_BYTES, MOST_ENTRIES, Message, Moment, Next, RESET, join,
};
use crate::frame::{Farewell, Format, Framed, control};

#[derive(Debug)]
pub(crate) struct Source {
    hub: Arc<Hub>,
    format: Arc<Format>,
    seats: SmallVec<[Seat; 1]>,
    past: VecDeque<Arc<Message>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The seats are being taken.
    Starting,
    Live,
    /// Everything was said.
    Ended,
}

/// What is to be done for a subscriber.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing until something is published.
    Wait,
    Send(Bytes),
    /// Nothing more will come.
    End,
}

impl Source {
    pub(crate) fn new(hub: Arc<Hub>, format: Arc<Format>) -> Self {
        hub.measure().came(format.transport());
        Self {
            hub,
            format,
            seats: SmallVec::new(),
            past: VecDeque::new(),
            state: State::Starting,
        }
    }

    pub(crate) fn format(&self) -> &Arc<Format> {
        &self.format
    }

    /// Begins, with these messages of the past.
    pub(crate) fn start(&mut self, seats: SmallVec<[Seat; 1]>, past: VecDeque<Arc<Message>>) {
        self.seats = seats;
        self.past = past;
        self.state = State::Live;
    }

    /// The messages of the past, for who sends them otherwise.
    pub(crate) fn take_past(&mut self) -> Vec<Arc<Message>> {
        std::mem::take(&mut self.past).into()
    }

    /// The moment of what was published last on its channels.
    pub(crate) fn newest(&self) -> Moment {
        let newest = self.seats.iter().map(|seat| seat.channel.ring().newest());
        newest.max().unwrap_or(Moment::NEVER)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Takes a batch for sent if it is just what comes next; the bytes to be sent.
    pub(crate) fn accept<'b>(
        &mut self,
        channel: &Arc<Channel>,
        batch: &'b mut Batch,
    ) -> Option<&'b Bytes> {
        let [seat] = &mut self.seats[..] else {
            return None;
        };
        let is_next = self.state == State::Live
            && self.past.is_empty()
            && seat.place == batch.place()
            && batch.is_plain()
            && seat.known.is_none()
            && Arc::ptr_eq(&seat.channel, channel);
        if !is_next {
            return None;
        }
        seat.place = batch.end();
        Some(batch.bytes(&self.format))
    }

    /// What comes next.
    pub(crate) fn next(&mut self) -> Step {
        loop {
            let step = match self.state {
                State::Starting => Step::Wait,
                State::Ended => Step::End,
                State::Live => match self.next_past() {
                    Some(bytes) => Step::Send(bytes),
                    None => self.next_live(),
                },
            };
            // A format may have nothing to say about an entry.
            if !matches!(&step, Step::Send(bytes) if bytes.is_empty()) {
                return step;
            }
        }
    }

    /// Ends in good order: what the endpoint says last.
    pub(crate) fn finish(&mut self) -> Bytes {
        self.end(self.format.footer())
    }

    /// Ends for a reason.
    pub(crate) fn dismiss(&mut self, farewell: &Farewell) -> Bytes {
        self.end(self.format.farewell(farewell))
    }

    /// Ends a WebSocket that the client has closed without a reason.
    pub(crate) fn close(&mut self) -> Bytes {
        self.end(self.format.closing())
    }

    fn end(&mut self, last: Bytes) -> Bytes {
        let was_live = self.state != State::Ended;
        self.state = State::Ended;
        self.past = VecDeque::new();
        self.leave();
        if was_live { last } else { Bytes::new() }
    }

    /// Leaves all channels. The names of those that were left.
    pub(crate) fn leave(&mut self) {
        for mut seat in self.seats.drain(..) {
            seat.leave();
            self.hub.tell("client_unsubscribed", seat.channel.name());
        }
    }

    fn next_past(&mut self) -> Option<Bytes> {
        if self.past.is_empty() {
            return None;
        }
        let mut out = Vec::new();
        while out.len() < MOST_BYTES
            && let Some(message) = self.past.pop_front()
        {
            out.extend_from_slice(&self.format.frame(&message));
        }
        if self.past.is_empty() {
            // Gives its memory back.
            self.past = VecDeque::new();
        }
        Some(out.into())
    }

    fn next_live(&mut self) -> Step {
        match self.entries() {
            Ok(entries) if entries.is_empty() => Step::Wait,
            Ok(entries) => {
                let bytes = join(&entries, &self.format);
                let transport = self.format.transport();
                let measure = self.hub.measure();
                measure.delivered(transport, entries.len() as u64, bytes.len() as u64);
                if self.settle(&entries) {
                    Step::Send(bytes)
                } else {
                    Step::Send([bytes, self.finish()].concat().into())
                }
            }
            Err(channel) => Step::Send(self.too_slow(&channel)),
        }
    }

    /// The entries that come next, and the places after them; the channel where that is lost.
    pub(crate) fn entries(&mut self) -> Result<Vec<Arc<Framed>>, Arc<Channel>> {
        loop {
            let (entries, is_all) = self.taken()?;
            // Of what was told before nothing is left; there may be more behind it.
            if is_all || !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// The next entries, and whether nothing was left out of them.
    fn taken(&mut self) -> Result<(Vec<Arc<Framed>>, bool), Arc<Channel>> {
        let gone = |seat: &Seat| Arc::clone(&seat.channel);
        if let [seat] = &mut self.seats[..] {
            let next = seat
                .channel
                .ring()
                .after(seat.place, MOST_ENTRIES, MOST_BYTES);
            return match next {
                Next::Nothing => Ok((Vec::new(), true)),
                Next::Gone => Err(gone(seat)),
                Next::Entries(entries, place) => {
                    seat.place = place;
                    let count = entries.len();
                    let news = seat.news(entries);
                    let is_all = news.len() == count;
                    Ok((news, is_all))
                }
            };
        }
        // Whatever has a number up to this one is in its ring by now.
        let mut limit = self.hub.cursor().number;
        let mut found = Vec::new();
        for (index, seat) in self.seats.iter().enumerate() {
            let ring = seat.channel.ring();
            match ring.after(seat.place, MOST_ENTRIES, MOST_BYTES) {
                Next::Nothing => {}
                Next::Gone => return Err(gone(seat)),
                Next::Entries(entries, place) => {
                    // What was left for later must not be overtaken.
                    if let Some(number) = ring.number_at(place) {
                        limit = limit.min(number - 1);
                    }
                    found.extend(entries.into_iter().map(|entry| (index, entry)));
                }
            }
        }
        found.retain(|(_, entry)| entry.message().number <= limit);
        found.sort_by_key(|(_, entry)| entry.message().number);
        let count = found.len();
        let mut news = Vec::with_capacity(count);
        for (index, entry) in found {
            if let Some(seat) = self.seats.get_mut(index) {
                seat.place += 1;
                news.extend(seat.news(vec![entry]));
            }
        }
        let is_all = news.len() == count;
        Ok((news, is_all))
    }

    /// Gives up the seats in channels that are deleted by these entries. Whether there are any left.
    pub(crate) fn settle(&mut self, entries: &[Arc<Framed>]) -> bool {
        let is_deleted = |channel: &Channel| {
            entries.iter().any(|entry| {
                let message = entry.message();
                message.kind == Kind::Deleted && *message.channel == *channel.name().as_str()
            })
        };
        for seat in &mut self.seats {
            if is_deleted(&seat.channel) && seat.channel.ring().is_closed() {
                seat.leave();
                self.hub.tell("client_unsubscribed", seat.channel.name());
            }
        }
        self.seats.retain(|seat| seat.ticket.is_some());
        !self.seats.is_empty()
    }

    /// Says that messages are lost, and ends.
    fn too_slow(&mut self, channel: &Channel) -> Bytes {
        self.hub.measure().slow();
        let mut reset = control(RESET, channel.name().as_str(), "reset");
        reset.kind = Kind::Reset;
        reset.number = self.hub.cursor().number;
        let reset = self.format.frame(&reset);
        let farewell = self.dismiss(&Dismissal::TooSlow.farewell());
        [reset, farewell].concat().into()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.hub.measure().went(self.format.transport());
        self.leave();
    }
}
