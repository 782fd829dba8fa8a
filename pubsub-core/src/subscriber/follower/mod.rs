//! The task behind one subscription: hears, decodes, tells; and after a gap renews, reads back and tells that.
//!
//! It owns no socket and decides nothing about order or repeats itself: see `journal`, `catch_up` and `resume`. `hear` takes live events,
//! `history` reads a store, `items` reads what the node holds, `waiting` waits for a node that does not exist yet.

mod hear;
mod history;
mod items;
mod reader;
mod waiting;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::mpsc::Sender;

use self::items::mark;
use self::reader::Abandoned;
pub(crate) use self::reader::Reader;
use self::waiting::Standing;
pub(crate) use self::waiting::WhenAbsent;
use super::journal::{Beginning, Journal};
use super::subject::Subject;
use super::{Event, SubscribeError};
use crate::change::Stamp;
use crate::name::NodeName;
use crate::node_config::NodeConfig;
use crate::outlet::Outlet;
use crate::payload::DecodeError;
use crate::position::Position;
use crate::session::{Listener, PubSubError, SessionEvent};
use crate::store::{History, Store};

/// How many items a subscription remembers having told.
const MEMORY: usize = 10_000;
/// How long to wait before renewing again what failed for a passing reason.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

/// Reads a payload and its stamp.
pub(crate) type Decode<T> = fn(&str) -> Result<(T, Stamp), DecodeError>;

/// What makes a subscription go on.
enum Heard {
    Event(SessionEvent),
    /// It is time to ask for the node.
    Due,
}

/// One subscription, from its first request to its last event.
#[derive(Debug)]
pub(crate) struct Follower<T> {
    outlet: Outlet,
    /// Where the history of the node is kept, if it is one of ours.
    store: Option<Arc<dyn Store>>,
    node: NodeName,
    config: NodeConfig,
    when_absent: WhenAbsent,
    standing: Standing,
    decode: Decode<T>,
    from: Option<Position>,
    listener: Listener,
    journal: Journal,
    /// The number of the last change of the store that the service has told, news or not.
    heard: u64,
    /// The node came to be while it was subscribed to.
    is_newborn: bool,
}

impl<T: Send + 'static> Follower<T> {
    /// Subscribes. A node that is missing is awaited, asked for or created.
    pub(crate) async fn subscribe(
        outlet: Outlet,
        store: Option<Arc<dyn Store>>,
        subject: Subject<T>,
        buffer: usize,
    ) -> Result<Self, SubscribeError> {
        let Subject {
            node,
            config,
            when_absent,
            decode,
            from,
        } = subject;
        if from.as_ref().is_some_and(|from| !from.is_of(&node)) {
            return Err(SubscribeError::Position { node });
        }
        // What was saved before is not news, though a service that has forgotten it is told again.
        let last = match &from {
            None => last(store.as_deref(), &node).await,
            Some(_) => None,
        };
        // What the node holds is read before the subscription, so that nothing told later is taken for old.
        let mut was_absent = false;
        let beginning = match outlet.recent(&node, 1).await {
            Ok(items) => match items.last() {
                Some(item) => Beginning::Item(
                    item.id.clone(),
                    mark(item.payload.as_deref().unwrap_or_default()),
                ),
                None => Beginning::Empty,
            },
            Err(PubSubError::NotFound { .. }) => {
                was_absent = true;
                Beginning::Empty
            }
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(_) => Beginning::Unknown,
        };
        let listener = outlet.listen(&node, buffer);
        let mut journal = Journal::new(MEMORY, beginning);
        if let Some((log, last)) = last {
            journal.advance(&log, last);
        }
        let mut follower = Self {
            outlet,
            store,
            node,
            config,
            when_absent,
            standing: Standing::Live,
            decode,
            from,
            listener,
            journal,
            heard: 0,
            is_newborn: false,
        };
        follower.renew().await?;
        // Something may have been published between the two.
        follower.is_newborn = was_absent && matches!(follower.standing, Standing::Live);
        follower.outlet.begin_following(&follower.node);
        Ok(follower)
    }

    /// Tells what happened since the position of the subject, and does not stay. The service is not asked for a subscription.
    pub(crate) async fn look_back(
        outlet: Outlet,
        store: Option<Arc<dyn Store>>,
        subject: Subject<T>,
        mut reader: Reader<T>,
    ) -> Result<(), SubscribeError> {
        let Subject {
            node,
            config,
            when_absent,
            decode,
            from,
        } = subject;
        let position = from.unwrap_or_default();
        if !position.is_of(&node) {
            return Err(SubscribeError::Position { node });
        }
        let listener = outlet.listen(&node, 1);
        let mut follower = Self {
            outlet,
            store,
            node,
            config,
            when_absent,
            standing: Standing::Live,
            decode,
            from: None,
            listener,
            journal: Journal::new(MEMORY, Beginning::Unknown),
            heard: 0,
            is_newborn: false,
        };
        // Whoever reads may have had enough.
        let _ = follower.resume(position, &mut reader).await;
        Ok(())
    }

    pub(crate) fn node(&self) -> &NodeName {
        &self.node
    }

    /// Follows the node until the reader or the session is gone.
    pub(crate) async fn run(mut self, out: Sender<Result<Event<T>, SubscribeError>>) {
        let mut reader = Reader { out };
        let begun = match self.from.take() {
            Some(position) => self.resume(position, &mut reader).await,
            None if self.is_newborn => self.catch_up(&mut reader, 0).await,
            None => Ok(()),
        };
        if begun.is_ok() {
            self.follow(&mut reader).await;
        }
        if reader.out.is_closed() {
            self.outlet.end_following(&self.node).await;
        } else if let Some(reason) = self.outlet.failure() {
            // Nobody may be left to hear it.
            let _ = reader.tell(Err(SubscribeError::Closed { reason })).await;
        }
    }

    async fn follow(&mut self, reader: &mut Reader<T>) {
        while let Some(event) = self.next(reader).await {
            let Heard::Event(event) = event else {
                if self.ask_again(reader).await.is_err() {
                    break;
                }
                continue;
            };
            let told = match event {
                SessionEvent::Node(event) => self.hear(event, reader).await,
                SessionEvent::Online { resumed: false } => self.return_to(reader).await,
                SessionEvent::Lagged { missed } => {
                    tracing::warn!(node = %self.node, missed, "the reader of a subscription is too slow");
                    self.catch_up(reader, missed).await
                }
                _ => Ok(()),
            };
            if told.is_err() {
                break;
            }
        }
    }

    /// The next thing that is heard, or due, until the reader or the session is gone.
    async fn next(&mut self, reader: &Reader<T>) -> Option<Heard> {
        let due = match &self.standing {
            Standing::Absent(asking) => Some(asking.due()),
            Standing::Live | Standing::Awaited => None,
        };
        tokio::select! {
            event = self.listener.next() => event.map(Heard::Event),
            () = reader.out.closed() => None,
            () = async {
                match due {
                    Some(due) => due.await,
                    None => pending().await,
                }
            } => Some(Heard::Due),
        }
    }

    /// After a connection that could not be resumed.
    async fn return_to(&mut self, reader: &mut Reader<T>) -> Result<(), Abandoned> {
        for pause in PAUSES {
            match self.renew().await {
                // Where nothing was told and nothing is there, nothing was missed.
                Ok(())
                    if !matches!(self.standing, Standing::Live) && self.journal.begins_empty() =>
                {
                    return Ok(());
                }
                Ok(()) => return self.catch_up(reader, 0).await,
                // The next connection brings the next attempt.
                Err(PubSubError::Disconnected { .. } | PubSubError::SessionClosed { .. }) => {
                    return Ok(());
                }
                Err(error) if error.is_transient() => tokio::time::sleep(pause).await,
                Err(error) => return reader.tell(Err(error.into())).await,
            }
        }
        reader.tell_gap(&self.node).await
    }
}

/// The number of the last change of a node in the log of a store; `None` if there is none.
pub(crate) async fn last(store: Option<&dyn Store>, node: &NodeName) -> Option<(Arc<str>, u64)> {
    let store = store?;
    match store.history(node, 0, 0).await {
        Ok(History { last: 0, .. }) => None,
        Ok(History { last, .. }) => Some((Arc::clone(store.log()), last)),
        Err(error) => {
            tracing::debug!(%node, %error, "the history of a node cannot be read");
            None
        }
    }
}
