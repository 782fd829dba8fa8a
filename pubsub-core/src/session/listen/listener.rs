//! The reading end of a mailbox.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::SessionEvent;
use super::mailbox::Mailbox;
use crate::NodeName;

/// Which nodes to listen to.
#[derive(Debug, Clone)]
pub enum Filter {
    /// Every node that the service tells of.
    All,
    /// These.
    Nodes(Vec<NodeName>),
}

/// What a session hears, as a stream. It ends when the session is closed.
///
/// Events of one node come in the order in which the service sent them. The stream holds as many events as it was
/// made for; when it is not read fast enough, what does not fit is dropped and a
/// [`Lagged`](SessionEvent::Lagged) stands in its place.
#[derive(Debug)]
pub struct Listener {
    mailbox: Arc<Mailbox>,
}

impl Listener {
    pub(super) fn new(mailbox: Arc<Mailbox>) -> Self {
        Self { mailbox }
    }
}

impl Stream for Listener {
    type Item = SessionEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        self.mailbox.poll_take(context)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.mailbox.abandon();
    }
}
