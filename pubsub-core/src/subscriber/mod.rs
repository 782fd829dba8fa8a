//! Typed subscriptions: what a session hears of one node, as a stream of events that has no silent gaps.
//!
//! Decodes, drops repeats and fills what was missed from the node's items. Does not know stanzas or sockets: it
//! takes what the outlet hears. `follower` is the task behind a subscription, `journal` its memory, `catch_up` and `resume`
//! its judgement.

mod catch_up;
mod error;
mod event;
mod follower;
mod items;
mod journal;
mod mark;
mod missed;
mod raw;
mod resume;
mod subject;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::mpsc;

pub use self::error::SubscribeError;
pub use self::event::{Event, Item};
pub(crate) use self::follower::{Decode, Follower, WhenAbsent, last};
pub use self::items::Items;
pub use self::missed::Missed;
pub use self::raw::RawXml;
pub(crate) use self::subject::{Subject, node_of};
use crate::name::NodeName;

/// The events of one node, decoded to `T`, in the order in which the service tells them.
///
/// After a lost connection the subscription is renewed, and what happened meanwhile is read from the node's items;
/// repeats are dropped. A payload that is no `T` is one `Err`, and the stream goes on.
///
/// # A slow reader
///
/// The subscription holds a bounded number of events ([`Builder::buffer`](crate::Builder::buffer)) for its reader, and
/// the session as many again. When both are full, what comes is dropped; once the reader has caught up, the current
/// state of the items that changed meanwhile is delivered, and an error says when even that cannot be told for
/// certain. A slow reader costs nobody else anything.
///
/// Dropping the subscription ends it, at the service too when it is the last one of this node.
#[derive(Debug)]
pub struct Subscription<T> {
    node: NodeName,
    events: mpsc::Receiver<Result<Event<T>, SubscribeError>>,
    /// What the handle calls itself in its changes.
    own: Arc<str>,
    /// Whose changes are passed over.
    without: Vec<Arc<str>>,
}

impl<T: Send + 'static> Subscription<T> {
    /// Starts the task that follows the node.
    pub(crate) fn start(follower: Follower<T>, own: Arc<str>, buffer: usize) -> Self {
        let (sender, events) = mpsc::channel(buffer.max(1));
        let node = follower.node().clone();
        // The task ends when the receiver is dropped, after it has told the service.
        tokio::spawn(follower.run(sender));
        Self {
            node,
            events,
            own,
            without: Vec::new(),
        }
    }
}

impl<T> Subscription<T> {
    /// The node that is followed.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// The same without the changes of this origin; see [`PubSub::with_origin`](crate::PubSub::with_origin).
    #[must_use]
    pub fn without_origin(mut self, origin: impl Into<Arc<str>>) -> Self {
        self.without.push(origin.into());
        self
    }

    /// The same without the changes that the handle made itself, by whichever of its clones. What it made
    /// [under another origin](crate::PubSub::with_origin) is not among them.
    #[must_use]
    pub fn without_own(mut self) -> Self {
        self.without.push(Arc::clone(&self.own));
        self
    }

    /// The next event; the same as [`StreamExt::next`](futures_util::StreamExt::next), without the import.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Event<T>, SubscribeError>> {
        loop {
            let event = self.events.recv().await?;
            if self.is_wanted(&event) {
                return Some(event);
            }
        }
    }

    fn is_wanted(&self, event: &Result<Event<T>, SubscribeError>) -> bool {
        let change = event.as_ref().ok().and_then(Event::change);
        let origin = change.and_then(|change| change.origin.as_ref());
        !origin.is_some_and(|origin| self.without.contains(origin))
    }
}

impl<T> Stream for Subscription<T> {
    type Item = Result<Event<T>, SubscribeError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.events.poll_recv(context)) {
                Some(event) if !self.is_wanted(&event) => {}
                event => return Poll::Ready(event),
            }
        }
    }
}
