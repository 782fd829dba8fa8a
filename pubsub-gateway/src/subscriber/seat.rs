//! A subscriber's place in one channel.

use std::sync::Arc;

use pubsub_core::Position;

use crate::channel::{Channel, Ticket};
use crate::frame::Framed;

#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) channel: Arc<Channel>,
    /// Where the next entry for it will be.
    pub(crate) place: u64,
    /// Where it stands in the lanes; a poll that does not wait stands in none.
    pub(crate) ticket: Option<Ticket>,
    /// Up to where it was told what happened before anything came here, until something comes that is later.
    pub(crate) known: Option<Box<Position>>,
}

impl Seat {
    /// Leaves out what was told before.
    pub(crate) fn news(&mut self, mut entries: Vec<Arc<Framed>>) -> Vec<Arc<Framed>> {
        let Some(known) = &self.known else {
            return entries;
        };
        entries.retain(|entry| !known.covers(&entry.message().content.stamp));
        let is_later = |entry: &Arc<Framed>| entry.message().content.stamp.log.is_some();
        if entries.iter().any(is_later) {
            self.known = None;
        }
        entries
    }

    /// Leaves the channel.
    pub(crate) fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.channel.lanes().leave(ticket);
            self.channel.exit();
        }
    }
}
