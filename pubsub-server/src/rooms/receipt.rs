//! When what was decided in rooms is on the disk: whoever is to be answered waits for that. Knows numbers, not rooms.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;

/// Rooms that are to be written, and the number of the last change.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) rooms: HashSet<Arc<str>>,
    pub(super) number: u64,
}

impl Changed {
    /// Notes a change, and gives it its number.
    pub(super) fn note(&mut self, jid: &Arc<str>) -> u64 {
        self.rooms.insert(jid.clone());
        self.number += 1;
        self.number
    }
}

/// How far the writing has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// All changes up to this one are on the disk.
    pub(super) number: u64,
    /// How often it failed.
    pub(super) failures: u64,
}

/// Says when a change is on the disk.
#[derive(Debug)]
pub(crate) struct Receipt {
    written: watch::Receiver<Written>,
    number: u64,
    failures: u64,
}

/// The change is not on the disk, because writing failed. It is tried again, and nobody is told when that succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotYet;

impl Receipt {
    pub(super) fn new(written: watch::Receiver<Written>, number: u64) -> Self {
        let failures = written.borrow().failures;
        Self {
            written,
            number,
            failures,
        }
    }

    /// Waits until the change is on the disk, or writing has failed.
    pub(crate) async fn wait(mut self) -> Result<(), NotYet> {
        let (number, failures) = (self.number, self.failures);
        let is_known = |written: &Written| written.number >= number || written.failures > failures;
        match self.written.wait_for(is_known).await {
            Ok(written) if written.number >= number => Ok(()),
            _ => Err(NotYet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_receipt_says_whether_its_change_is_written() {
        let writer = watch::Sender::new(Written {
            number: 1,
            failures: 3,
        });
        let receipt = |number| Receipt::new(writer.subscribe(), number);
        assert_eq!(receipt(1).wait().await, Ok(()));
        let (next, later) = (receipt(2), receipt(3));
        writer.send_modify(|written| written.number = 2);
        assert_eq!(next.wait().await, Ok(()));
        writer.send_modify(|written| written.failures += 1);
        assert_eq!(later.wait().await, Err(NotYet));
        let last = receipt(4);
        drop(writer);
        assert_eq!(last.wait().await, Err(NotYet));
    }
}
