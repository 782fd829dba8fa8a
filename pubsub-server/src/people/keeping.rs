//! What has to outlive the server, on its way to where it is kept.

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
    /// Says that it is kept. A batch that is dropped was not.
    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn confirm(self) {
        let _ = self.done.send(());
    }
}

/// Says when changes are kept.
#[derive(Debug)]
pub(crate) struct Receipt(oneshot::Receiver<()>);

/// The changes are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotKept;

impl Receipt {
    /// Waits until the changes are kept, or are known not to be.
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
