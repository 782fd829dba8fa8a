//! Stream management (XEP-0198): which of our stanzas the server has, and how many of its stanzas we have.
//!
//! Pure bookkeeping. What a request says is not kept twice: a request that must be sent again is written anew from
//! the request itself, which waits for its answer anyway.

use std::collections::VecDeque;

use crate::session::connect::{Management as Granted, Resumable};
use crate::session::stanza::RequestId;

/// After this many stanzas the server is asked what it has.
const ASK_EVERY: usize = 32;
/// A server that never says what it has costs us the right to resume, not memory without end.
const MOST_UNACKNOWLEDGED: usize = 65_536;

/// A stanza that the server may not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    Request(RequestId),
    Other(Box<str>),
}

/// The counts of one stream, which outlive its connections.
#[derive(Debug, Default)]
pub(super) struct Management {
    id: Option<String>,
    handled: u32,
    acknowledged: u32,
    unacknowledged: VecDeque<Sent>,
    since_asked: usize,
    is_asked: bool,
    is_given_up: bool,
}

/// The server acknowledges stanzas that were never sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Management {
    pub(super) fn new(granted: Granted) -> Self {
        Self {
            id: granted.id,
            ..Self::default()
        }
    }

    /// How to go on with this stream on another connection.
    pub(super) fn resumable(&self) -> Option<Resumable> {
        let id = self.id.clone().filter(|_| !self.is_given_up)?;
        let handled = self.handled;
        Some(Resumable { id, handled })
    }

    /// A stanza was sent. Whether to ask the server now what it has.
    pub(super) fn sent(&mut self, stanza: Sent) -> bool {
        if self.is_given_up {
            return false;
        }
        if self.unacknowledged.len() >= MOST_UNACKNOWLEDGED {
            tracing::warn!("the server does not acknowledge; this stream will not be resumed");
            self.is_given_up = true;
            self.unacknowledged = VecDeque::new();
            return false;
        }
        self.unacknowledged.push_back(stanza);
        self.since_asked += 1;
        !self.is_asked && self.since_asked >= ASK_EVERY && self.ask()
    }

    /// The server is being asked.
    pub(super) fn ask(&mut self) -> bool {
        self.is_asked = true;
        self.since_asked = 0;
        true
    }

    /// A stanza of the server was handled.
    pub(super) fn received(&mut self) {
        self.handled = self.handled.wrapping_add(1);
    }

    pub(super) fn handled(&self) -> u32 {
        self.handled
    }

    /// The server has handled `count` of our stanzas, modulo 2^32.
    pub(super) fn acknowledged(&mut self, count: u32) -> Result<(), TooMany> {
        self.is_asked = false;
        if self.is_given_up {
            return Ok(());
        }
        let news = usize::try_from(count.wrapping_sub(self.acknowledged)).unwrap_or(usize::MAX);
        if news > self.unacknowledged.len() {
            return Err(TooMany);
        }
        self.unacknowledged.drain(..news);
        self.acknowledged = count;
        Ok(())
    }

    /// The stream goes on; takes what the server does not have, to be sent again in this order.
    pub(super) fn resumed(&mut self, count: u32) -> Result<VecDeque<Sent>, TooMany> {
        self.acknowledged(count)?;
        self.since_asked = 0;
        Ok(std::mem::take(&mut self.unacknowledged))
    }
}

#[cfg(test)]
mod tests {
    use super::{ASK_EVERY, Granted, Management, Sent, TooMany};

    fn stanza(text: &str) -> Sent {
        Sent::Other(text.into())
    }

    fn management() -> Management {
        Management::new(Granted {
            id: Some("s".to_owned()),
        })
    }

    #[test]
    fn what_the_server_lacks_is_sent_again_in_order() {
        let mut management = management();
        for text in ["1", "2", "3"] {
            management.sent(stanza(text));
        }
        management.acknowledged(1).unwrap();
        management.received();
        assert_eq!(management.resumable().unwrap().handled, 1);
        assert_eq!(management.resumed(2).unwrap(), [stanza("3")]);
        assert_eq!(management.acknowledged(4), Err(TooMany));
    }

    #[test]
    fn counts_wrap_around() {
        let mut management = management();
        management.acknowledged = u32::MAX;
        management.sent(stanza("1"));
        management.sent(stanza("2"));
        assert_eq!(management.acknowledged(1), Ok(()));
        assert!(management.unacknowledged.is_empty());
    }

    #[test]
    fn the_server_is_asked_once_in_a_while_and_once_at_a_time() {
        let mut management = management();
        let ask = |management: &mut Management| {
            (0..ASK_EVERY * 2)
                .filter(|_| management.sent(stanza("1")))
                .count()
        };
        assert_eq!(ask(&mut management), 1);
        management.acknowledged(10).unwrap();
        assert_eq!(ask(&mut management), 1);
    }

    #[test]
    fn a_server_that_never_acknowledges_costs_no_memory() {
        let mut management = management();
        for _ in 0..=super::MOST_UNACKNOWLEDGED {
            management.sent(stanza("1"));
        }
        assert_eq!(management.resumable(), None);
        assert!(management.unacknowledged.is_empty());
        assert_eq!(management.acknowledged(u32::MAX), Ok(()));
    }
}
