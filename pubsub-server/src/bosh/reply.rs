//! An answer on its way to the HTTP connection. If it is dropped before it was written, its session hears of it.

use std::fmt::Debug;
use std::sync::{Arc, Weak};

use bytes::Bytes;

/// What hears that an answer was lost.
pub(super) trait NotesLoss: Debug + Send + Sync {
    /// Notes that the answer to the request `id` was never written.
    fn note_lost(&self, id: u64);
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Bytes,
    receipt: Option<Receipt>,
}

/// The promise to tell whether an answer was written.
#[derive(Debug)]
struct Receipt {
    session: Weak<dyn NotesLoss>,
    id: u64,
}

impl Reply {
    /// One that nobody asks about.
    pub(crate) fn unregistered(body: Bytes) -> Self {
        Self {
            body,
            receipt: None,
        }
    }

    /// The answer to the request `id`.
    pub(super) fn new<S: NotesLoss + 'static>(body: Bytes, session: &Arc<S>, id: u64) -> Self {
        let session: Weak<S> = Arc::downgrade(session);
        Self {
            body,
            receipt: Some(Receipt { session, id }),
        }
    }

    /// The bytes, to be written now.
    pub(crate) fn write(mut self) -> Bytes {
        self.receipt = None;
        std::mem::take(&mut self.body)
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// Drops it without a word: the session knows already.
    pub(super) fn forget(mut self) {
        self.receipt = None;
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(receipt) = self.receipt.take()
            && let Some(session) = receipt.session.upgrade()
        {
            session.note_lost(receipt.id);
        }
    }
}

/// Where an answer goes.
pub(super) type Asker = tokio::sync::oneshot::Sender<Reply>;

/// Where one waits for it.
pub(crate) type Waiting = tokio::sync::oneshot::Receiver<Reply>;

/// Sends a refusal, or whatever else ends a session.
pub(super) fn dismiss(asker: Asker, body: &Bytes) {
    // Nobody waits for it any more, or else it is written.
    let _ = asker.send(Reply::unregistered(body.clone()));
}
