//! Messages for accounts of which nobody is there (XEP-0160). Pure state, bounded for each account and for all together.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What each message counts for, besides its text.
const OVERHEAD: usize = 128;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Messages of one account.
    pub(crate) messages: usize,
    /// Bytes of one account.
    pub(crate) bytes: usize,
    /// Bytes of all accounts together.
    pub(crate) bytes_of_all: usize,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Greater than that of any message kept before.
    pub(crate) number: u64,
    /// The whole stanza.
    pub(crate) stanza: Arc<str>,
}

/// There is no room for another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// All messages, by account.
#[derive(Debug, Default)]
pub(crate) struct Offline {
    all: HashMap<Arc<str>, Pile>,
    bytes: usize,
    last: u64,
}

#[derive(Debug, Default)]
struct Pile {
    messages: VecDeque<Kept>,
    bytes: usize,
}

impl Offline {
    /// Keeps a message behind those that are there. Returns its number.
    pub(crate) fn keep(&mut self, bare: &str, stanza: Arc<str>, room: &Room) -> Result<u64, Full> {
        let size = stanza.len() + OVERHEAD;
        let (messages, bytes) = self
            .all
            .get(bare)
            .map_or((0, 0), |pile| (pile.messages.len(), pile.bytes));
        if messages >= room.messages
            || bytes + size > room.bytes
            || self.bytes + size > room.bytes_of_all
        {
            return Err(Full);
        }
        let number = self.last + 1;
        self.restore(bare, Kept { number, stanza });
        Ok(number)
    }

    /// Puts a message back that was kept before a restart, whatever room there is. They come in the order of their numbers.
    pub(crate) fn restore(&mut self, bare: &str, kept: Kept) {
        let size = kept.stanza.len() + OVERHEAD;
        self.last = self.last.max(kept.number);
        self.bytes += size;
        let pile = self.all.entry(bare.into()).or_default();
        pile.bytes += size;
        pile.messages.push_back(kept);
    }

    /// Hands all messages of an account out, in order.
    pub(crate) fn take(&mut self, bare: &str) -> VecDeque<Kept> {
        let Some(pile) = self.all.remove(bare) else {
            return VecDeque::new();
        };
        self.bytes -= pile.bytes;
        pile.messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        messages: 2,
        bytes: 1000,
        bytes_of_all: 1000,
    };

    #[test]
    fn messages_come_out_once_in_the_order_in_which_they_came() {
        let mut offline = Offline::default();
        offline.keep("a@x", "one".into(), &ROOM).expect("room");
        offline.keep("a@x", "two".into(), &ROOM).expect("room");
        let texts: Vec<_> = offline
            .take("a@x")
            .into_iter()
            .map(|kept| kept.stanza)
            .collect();
        assert_eq!(texts, ["one".into(), "two".into()]);
        assert!(offline.take("a@x").is_empty());
        assert_eq!(offline.bytes, 0);
        assert_eq!(offline.keep("a@x", "three".into(), &ROOM), Ok(3));
    }

    #[test]
    fn every_bound_holds() {
        let mut offline = Offline::default();
        let long: Arc<str> = "x".repeat(500).into();
        assert_eq!(
            offline.keep("a@x", "x".repeat(1000).into(), &ROOM),
            Err(Full)
        );
        offline.keep("a@x", long.clone(), &ROOM).expect("room");
        assert_eq!(offline.keep("b@x", long, &ROOM), Err(Full));
        offline.keep("a@x", "short".into(), &ROOM).expect("room");
        assert_eq!(offline.keep("a@x", "short".into(), &ROOM), Err(Full));
        offline.keep("b@x", "short".into(), &ROOM).expect("room");
    }
}
