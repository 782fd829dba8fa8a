//! A subscriber's place in one channel.

use std::sync::Arc;

use crate::channel::{Channel, Ticket};

#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) channel: Arc<Channel>,
    /// Where the next entry for it will be.
    pub(crate) place: u64,
    /// Where it stands in the lanes; a poll that does not wait stands in none.
    pub(crate) ticket: Option<Ticket>,
}

impl Seat {
    /// Leaves the channel.
    pub(crate) fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.channel.lanes().leave(ticket);
            self.channel.exit();
        }
    }
}
