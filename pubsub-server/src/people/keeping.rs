//! What has to outlive the server, on its way to where it is kept.

#[cfg(any(test, feature = "durable"))]
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::roster::Contact;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// A contact is this now, or none any more.
    Contact {
        owner: Arc<str>,
        jid: Arc<str>,
        contact: Option<Contact>,
    },
    /// A message waits for an account.
    Message {
        owner: Arc<str>,
        number: u64,
        stanza: Arc<str>,
    },
    /// The messages up to this one do not wait any more.
    Delivered { owner: Arc<str>, number: u64 },
    /// An account is gone, with all it had.
    Gone { owner: Arc<str> },
}

/// Changes that are kept together or not at all.
#[derive(Debug)]
#[cfg_attr(
    not(any(test, feature = "durable")),
    expect(dead_code, reason = "nothing is kept without a database")
)]
pub(crate) struct Batch {
    pub(crate) writes: Vec<Write>,
    done: oneshot::Sender<()>,
}

impl Batch {
    /// Takes the changes out, to be kept.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn take(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// Says that it is kept. A batch that is dropped is not, as yet.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn confirm(self) {
        let _ = self.done.send(());
    }
}

/// Of changes that could not be kept, those that still count, in their order: so what waits for the disk is never more than what there is.
#[cfg(any(test, feature = "durable"))]
pub(crate) fn those_that_count(writes: Vec<Write>) -> Vec<Write> {
    let mut contacts = HashSet::new();
    let mut delivered: HashMap<Arc<str>, u64> = HashMap::new();
    let mut gone = HashSet::new();
    let mut left: Vec<Write> = Vec::new();
    for write in writes.into_iter().rev() {
        let counts = match &write {
            Write::Contact { owner, jid, .. } => {
                !gone.contains(owner) && contacts.insert((owner.clone(), jid.clone()))
            }
            Write::Message { owner, number, .. } => {
                !gone.contains(owner) && delivered.get(owner).is_none_or(|last| number > last)
            }
            Write::Delivered { owner, number } => {
                let is_new = delivered.get(owner).is_none_or(|last| number > last);
                if is_new {
                    delivered.insert(owner.clone(), *number);
                }
                !gone.contains(owner) && is_new
            }
            Write::Gone { owner } => gone.insert(owner.clone()),
        };
        if counts {
            left.push(write);
        }
    }
    left.reverse();
    left
}

/// Says when changes are kept.
#[derive(Debug)]
pub(crate) struct Receipt(oneshot::Receiver<()>);

/// The changes are not kept yet, because that failed; it is tried again for as long as the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotKept;

impl Receipt {
    /// Waits until the changes are kept, or could not be.
    pub(crate) async fn wait(self) -> Result<(), NotKept> {
        self.0.await.map_err(|_| NotKept)
    }
}

/// Takes changes in the order in which they are made.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    queue: Option<mpsc::UnboundedSender<Batch>>,
}

impl Keeper {
    /// Hands changes over to whoever empties the queue.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn new(queue: mpsc::UnboundedSender<Batch>) -> Self {
        Self { queue: Some(queue) }
    }

    /// Has changes kept, if anything is.
    pub(crate) fn keep(&self, writes: Vec<Write>) -> Option<Receipt> {
        let queue = self.queue.as_ref()?;
        if writes.is_empty() {
            return None;
        }
        let (done, receipt) = oneshot::channel();
        // A queue that nobody empties any more drops the batch, which is what the receipt says then.
        let _ = queue.send(Batch { writes, done });
        Some(Receipt(receipt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_still_counts_waits_for_the_disk() {
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann@x".into(), "bob@x".into());
        let contact = |owner: &Arc<str>, is_there: bool| Write::Contact {
            owner: owner.clone(),
            jid: "c@x".into(),
            contact: is_there.then(Contact::default),
        };
        let message = |number| Write::Message {
            owner: ann.clone(),
            number,
            stanza: "<message/>".into(),
        };
        let delivered = |number| Write::Delivered {
            owner: ann.clone(),
            number,
        };
        let gone = || Write::Gone { owner: bob.clone() };
        let all = vec![
            contact(&ann, true),
            contact(&bob, true),
            message(1),
            delivered(1),
            contact(&ann, false),
            gone(),
            message(2),
            delivered(2),
            message(3),
            contact(&bob, true),
        ];
        let left = those_that_count(all);
        let expected = [
            contact(&ann, false),
            gone(),
            delivered(2),
            message(3),
            contact(&bob, true),
        ];
        assert_eq!(left, expected);
    }

    #[tokio::test]
    async fn a_receipt_says_whether_the_changes_are_kept() {
        let (queue, mut batches) = mpsc::unbounded_channel();
        let keeper = Keeper::new(queue);
        let write = || {
            vec![Write::Gone {
                owner: "a@x".into(),
            }]
        };
        let kept = keeper.keep(write()).expect("a receipt");
        let lost = keeper.keep(write()).expect("a receipt");
        assert!(keeper.keep(Vec::new()).is_none());
        let batch = batches.recv().await.expect("a batch");
        assert_eq!(batch.writes, write());
        batch.confirm();
        drop(batches);
        assert_eq!(kept.wait().await, Ok(()));
        assert_eq!(lost.wait().await, Err(NotKept));
        assert!(Keeper::default().keep(write()).is_none());
    }
}
