//! The task behind one subscription: hears, decodes, tells; and after a gap renews, reads back and tells that.
//!
//! It owns no socket and decides nothing about order or repeats itself: see `journal` and `catch_up`.

use std::time::Duration;

use futures_util::StreamExt as _;
use jid::Jid;
use tokio::sync::mpsc::Sender;

use super::catch_up::{FIRST_LOOK, Look, look};
use super::journal::{Beginning, Journal, Mark};
use super::{Event, SubscribeError};
use crate::change::Stamp;
use crate::name::{ItemId, NodeName};
use crate::node_config::NodeConfig;
use crate::outlet::Outlet;
use crate::payload::{DecodeError, entry};
use crate::session::{Listener, PubSubError, RawEvent, RawEventKind, SessionEvent};

/// How many items a subscription remembers having told.
const MEMORY: usize = 10_000;
/// More recent items than this are not read back after a gap.
const FARTHEST_LOOK: u32 = 16_384;
/// How long to wait before renewing again what failed for a passing reason.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

/// Reads a payload and its stamp.
pub(crate) type Decode<T> = fn(&str) -> Result<(T, Stamp), DecodeError>;

/// One subscription, from its first request to its last event.
#[derive(Debug)]
pub(crate) struct Follower<T> {
    outlet: Outlet,
    node: NodeName,
    config: NodeConfig,
    decode: Decode<T>,
    listener: Listener,
    journal: Journal,
}

/// The reader is gone.
struct Abandoned;

impl<T: Send + 'static> Follower<T> {
    /// Subscribes. The node is created with `config` where it is missing.
    pub(crate) async fn subscribe(
        outlet: Outlet,
        node: NodeName,
        config: NodeConfig,
        decode: Decode<T>,
        buffer: usize,
    ) -> Result<Self, PubSubError> {
        // What the node holds is read before the subscription, so that nothing told later is taken for old.
        let beginning = match outlet.recent(&node, 1).await {
            Ok(items) => match items.last() {
                Some(item) => Beginning::Item(
                    item.id.clone(),
                    mark(item.payload.as_deref().unwrap_or_default()),
                ),
                None => Beginning::Empty,
            },
            Err(PubSubError::NotFound { .. }) => Beginning::Empty,
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => Beginning::Unknown,
        };
        let listener = outlet.listen(&node, buffer);
        let follower = Self {
            outlet,
            node,
            config,
            decode,
            listener,
            journal: Journal::new(MEMORY, beginning),
        };
        follower.renew().await?;
        follower.outlet.begin_following(&follower.node);
        Ok(follower)
    }

    pub(crate) fn node(&self) -> &NodeName {
        &self.node
    }

    /// Follows the node until the reader or the session is gone.
    pub(crate) async fn run(mut self, out: Sender<Result<Event<T>, SubscribeError>>) {
        let mut reader = Reader { out };
        while let Some(event) = self.next(&reader).await {
            let told = match event {
                SessionEvent::Node(event) => self.hear(event, &mut reader).await,
                SessionEvent::Online { resumed: false } => self.return_to(&mut reader).await,
                SessionEvent::Lagged { missed } => {
                    tracing::warn!(node = %self.node, missed, "the reader of a subscription is too slow");
                    self.catch_up(&mut reader, missed).await
                }
                _ => Ok(()),
            };
            if told.is_err() {
                break;
            }
        }
        if reader.out.is_closed() {
            self.outlet.end_following(&self.node).await;
        } else if let Some(reason) = self.outlet.failure() {
            // Nobody may be left to hear it.
            let _ = reader.tell(Err(SubscribeError::Closed { reason })).await;
        }
    }

    /// The next thing that is heard, until the reader or the session is gone.
    async fn next(&mut self, reader: &Reader<T>) -> Option<SessionEvent> {
        tokio::select! {
            event = self.listener.next() => event,
            () = reader.out.closed() => None,
        }
    }

    async fn renew(&self) -> Result<(), PubSubError> {
        match self.outlet.subscribe(&self.node).await {
            Err(PubSubError::NotFound { .. }) => {
                self.outlet.ensure(&self.node, &self.config).await?;
                self.outlet.subscribe(&self.node).await
            }
            outcome => outcome,
        }
    }

    /// After a connection that could not be resumed.
    async fn return_to(&mut self, reader: &mut Reader<T>) -> Result<(), Abandoned> {
        for pause in PAUSES {
            match self.renew().await {
                Ok(()) => return self.catch_up(reader, 0).await,
                // The next connection brings the next attempt.
                Err(PubSubError::Disconnected { .. } | PubSubError::SessionClosed { .. }) => {
                    return Ok(());
                }
                Err(error) if error.is_transient() => tokio::time::sleep(pause).await,
                Err(error) => return reader.tell(Err(error.into())).await,
            }
        }
        reader
            .tell(Err(SubscribeError::Gap {
                node: self.node.clone(),
            }))
            .await
    }

    /// Tells what the node's items show to be news. `missed` is how many events there were at least.
    async fn catch_up(&mut self, reader: &mut Reader<T>, missed: u64) -> Result<(), Abandoned> {
        let mut far = FIRST_LOOK;
        loop {
            let items = match self.outlet.recent(&self.node, far).await {
                Ok(items) => items,
                Err(PubSubError::Disconnected { .. } | PubSubError::SessionClosed { .. }) => {
                    return Ok(());
                }
                Err(error) => {
                    tracing::debug!(node = %self.node, %error, "cannot read back what was missed");
                    return reader
                        .tell(Err(SubscribeError::Gap {
                            node: self.node.clone(),
                        }))
                        .await;
                }
            };
            let is_whole =
                items.len() < usize::try_from(far).unwrap_or(usize::MAX) || far >= FARTHEST_LOOK;
            let marks: Vec<(ItemId, Mark)> = items
                .iter()
                .map(|item| {
                    (
                        item.id.clone(),
                        mark(item.payload.as_deref().unwrap_or_default()),
                    )
                })
                .collect();
            match look(&self.journal, &marks, is_whole) {
                Look::Farther => far = far.saturating_mul(2).min(FARTHEST_LOOK),
                Look::Enough {
                    from,
                    gone,
                    has_gap,
                } => {
                    let read_back =
                        u64::try_from(items.len().saturating_sub(from)).unwrap_or(u64::MAX);
                    if has_gap || missed > read_back {
                        reader
                            .tell(Err(SubscribeError::Gap {
                                node: self.node.clone(),
                            }))
                            .await?;
                    }
                    for id in gone {
                        self.journal.forget(&id);
                        reader.tell(Ok(Event::Retracted { id })).await?;
                    }
                    if is_whole {
                        self.journal
                            .retain(|told| marks.iter().any(|(id, _)| id == told));
                    }
                    let news = items.into_iter().zip(marks).skip(from);
                    for (item, (id, mark)) in news {
                        if !self.journal.knows(&id, &mark) {
                            self.journal.catch_up(&id, mark);
                            let publisher = item.publisher.clone();
                            let decoded =
                                (self.decode)(item.payload.as_deref().unwrap_or_default());
                            reader
                                .tell(self.published(id, publisher.as_deref(), decoded))
                                .await?;
                        }
                    }
                    return Ok(());
                }
            }
        }
    }

    async fn hear(&mut self, event: RawEvent, reader: &mut Reader<T>) -> Result<(), Abandoned> {
        let event = match event.kind {
            RawEventKind::Published {
                id,
                publisher,
                payload,
            } => {
                let Some(payload) = self.payload_of(&id, payload).await else {
                    return Ok(());
                };
                let decoded = (self.decode)(&payload);
                let stamp = decoded
                    .as_ref()
                    .map(|(_, stamp)| stamp.clone())
                    .unwrap_or_default();
                if !self.journal.hear(&id, Mark::of(&stamp, &payload)) {
                    tracing::trace!(node = %self.node, item = %id, "a repeat was dropped");
                    return Ok(());
                }
                self.published(id, publisher.as_deref(), decoded)
            }
            RawEventKind::Retracted { id } => {
                self.journal.forget(&id);
                Ok(Event::Retracted { id })
            }
            RawEventKind::Purged => {
                self.journal.clear();
                Ok(Event::Purged)
            }
            RawEventKind::Deleted { redirect } => {
                self.journal.clear();
                Ok(Event::Deleted {
                    redirect: redirect.map(|uri| uri.as_ref().to_owned()),
                })
            }
            RawEventKind::Configured => Ok(Event::Configured),
            _ => return Ok(()),
        };
        reader.tell(event).await
    }

    /// The payload that came, or the one to be fetched from a node that only says that there is one.
    async fn payload_of(
        &self,
        id: &ItemId,
        payload: Option<std::sync::Arc<str>>,
    ) -> Option<std::sync::Arc<str>> {
        if payload.is_some() {
            return payload;
        }
        match self.outlet.item(&self.node, id).await {
            Ok(item) => item.and_then(|item| item.payload),
            Err(error) => {
                tracing::debug!(node = %self.node, item = %id, %error, "cannot fetch an item");
                None
            }
        }
    }

    fn published(
        &self,
        id: ItemId,
        publisher: Option<&str>,
        decoded: Result<(T, Stamp), DecodeError>,
    ) -> Result<Event<T>, SubscribeError> {
        match decoded {
            Ok((item, change)) => {
                let publisher = publisher.and_then(|publisher| publisher.parse::<Jid>().ok());
                Ok(Event::Published {
                    id,
                    item,
                    publisher,
                    change,
                })
            }
            Err(source) => Err(SubscribeError::Decode {
                node: self.node.clone(),
                id,
                source,
            }),
        }
    }
}

/// The state of an item, told by its stamp; what is no entry has none.
fn mark(payload: &str) -> Mark {
    Mark::of(&entry::stamp(payload).unwrap_or_default(), payload)
}

/// The sending end towards the reader.
struct Reader<T> {
    out: Sender<Result<Event<T>, SubscribeError>>,
}

impl<T> Reader<T> {
    async fn tell(&mut self, event: Result<Event<T>, SubscribeError>) -> Result<(), Abandoned> {
        self.out.send(event).await.map_err(|_| Abandoned)
    }
}
