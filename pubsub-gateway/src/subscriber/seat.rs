//! A subscriber's place in one channel.

use std::sync::Arc;

use crate::channel::{Channel, Message, Ticket};

#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) channel: Arc<Channel>,
    /// Where the next entry for it will be.
    pub(crate) place: u64,
    /// Where it stands in the lanes; a poll that does not wait stands in none.
    pub(crate) ticket: Option<Ticket>,
    /// Changes up to this number of this store have reached the client otherwise.
    pub(crate) known: Option<Box<(Arc<str>, u64)>>,
}

impl Seat {
    /// Whether the client is still to be sent this.
    pub(crate) fn wants(&mut self, message: &Message) -> bool {
        let Some(known) = &self.known else {
            return true;
        };
        let (log, known) = &**known;
        match &message.content.mark {
            Some((own, number)) if own == log => {
                let is_new = number > known;
                if is_new {
                    self.known = None;
                }
                is_new
            }
            _ => true,
        }
    }

    /// Leaves the channel.
    pub(crate) fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.channel.lanes().leave(ticket);
            self.channel.exit();
        }
    }
}
