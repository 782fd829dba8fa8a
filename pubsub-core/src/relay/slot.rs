//! One entry on its way through the relay.

use crate::change::Change;
use crate::name::ItemId;
use crate::node_config::Setting;

/// An entry that was read, and how far it has come.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its number in the lane.
    pub(super) sequence: u64,
    /// Which item it is about.
    pub(super) item: ItemId,
    /// Of which model it is, and the wishes for its node.
    pub(super) setting: Setting,
    /// Of what size the payload is.
    pub(super) bytes: usize,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// To be sent.
    Waiting(Change),
    /// Sent, without an answer yet. Kept, because it may have to be sent again.
    UnderWay(Change),
    /// The service has it, or need not have it.
    Through,
    /// The service does not want it, for this reason.
    Refused(String),
}

impl Slot {
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self.state, State::Through | State::Refused(_))
    }

    /// How many bytes it holds.
    pub(super) fn load(&self) -> usize {
        match self.state {
            State::Waiting(_) | State::UnderWay(_) => self.bytes,
            State::Through | State::Refused(_) => 0,
        }
    }

    /// Takes the change to send it; it stays here too.
    pub(super) fn send(&mut self) -> Option<Change> {
        match std::mem::replace(&mut self.state, State::Through) {
            State::Waiting(change) => {
                self.state = State::UnderWay(change.clone());
                Some(change)
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    /// It has to be sent again.
    pub(super) fn again(&mut self) {
        match std::mem::replace(&mut self.state, State::Through) {
            State::UnderWay(change) => self.state = State::Waiting(change),
            other => self.state = other,
        }
    }
}
