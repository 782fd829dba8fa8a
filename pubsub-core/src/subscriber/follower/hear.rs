//! Live events: what the service tells while the subscription holds.

use std::sync::Arc;

use jid::Jid;

use super::history::Filled;
use super::items::{is_deletion, retracted};
use super::reader::{Abandoned, Reader};
use super::{Follower, Stamp};
use crate::name::ItemId;
use crate::payload::DecodeError;
use crate::session::{RawEvent, RawEventKind};
use crate::subscriber::mark::Mark;
use crate::subscriber::{Event, SubscribeError};

impl<T: Send + 'static> Follower<T> {
    pub(super) async fn hear(
        &mut self,
        event: RawEvent,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        let event = match event.kind {
            RawEventKind::Published {
                id,
                publisher,
                payload,
            } => return self.hear_item(id, publisher, payload, reader).await,
            RawEventKind::Retracted { id } => return self.hear_retraction(id, reader).await,
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
            RawEventKind::Subscription { state } => return self.hear_of_wish(&state, reader).await,
        };
        reader.tell(event).await
    }

    async fn hear_item(
        &mut self,
        id: ItemId,
        publisher: Option<Arc<str>>,
        payload: Option<Arc<str>>,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        let Some(payload) = self.payload_of(&id, payload).await else {
            return Ok(());
        };
        let decoded = (self.decode)(&payload);
        let stamp = match &decoded {
            Ok((_, stamp)) => stamp.clone(),
            // What cannot be read as a model may still say where it belongs.
            Err(_) => crate::payload::entry::stamp(&payload).unwrap_or_default(),
        };
        let mark = Mark::of(&stamp, &payload);
        self.bridge(&mark, reader).await?;
        if let Mark::Logged { log, sequence } = &mark
            && self.followed().as_ref() == Some(log)
        {
            self.heard = self.heard.max(*sequence);
        }
        if !matches!(mark, Mark::Logged { .. }) {
            self.attribute(&id, Some(&payload)).await;
        }
        if !self.journal.hear(&id, mark, stamp.action) {
            tracing::trace!(node = %self.node, item = %id, "a repeat was dropped");
            return Ok(());
        }
        let event = self.event(id, publisher.as_deref(), decoded);
        reader.tell(event).await
    }

    /// A retraction without words: the second half of a deletion that was told, or one of somebody else's, or one of ours of which
    /// nothing more may be said.
    async fn hear_retraction(
        &mut self,
        id: ItemId,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        let is_half =
            self.journal.expects_retraction(&id) || self.ends_an_older_deletion(&id).await;
        if is_half {
            return Ok(());
        }
        self.journal.hear_retraction(&id);
        let event = match self.attribute(&id, None).await {
            Some(entry) => self.replayed(entry),
            None => Some(Ok(retracted(id))),
        };
        match event {
            Some(event) => reader.tell(event).await,
            None => Ok(()),
        }
    }

    /// Tells what is missing right before a change, as far as anybody knows it.
    async fn bridge(&mut self, mark: &Mark, reader: &mut Reader<T>) -> Result<(), Abandoned> {
        let Mark::Logged { log, sequence } = mark else {
            return Ok(());
        };
        if self.followed().as_ref() == Some(log) {
            let is_next = self
                .journal
                .known(log)
                .is_some_and(|known| *sequence <= known + 1);
            if is_next || matches!(self.fill(reader, Some(*sequence)).await?, Filled::All(_)) {
                return Ok(());
            }
        }
        let missing = self.journal.missing(mark);
        // Retractions that nobody is told of have numbers, too.
        if missing > 0 && self.config.notify_retract != Some(false) {
            tracing::debug!(node = %self.node, missing, "changes were missed");
            self.catch_up(reader, missing + 1).await?;
        }
        Ok(())
    }

    /// The payload that came, or the one to be fetched from a node that only says that there is one.
    async fn payload_of(&self, id: &ItemId, payload: Option<Arc<str>>) -> Option<Arc<str>> {
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

    /// What an item says: that it is there, or that it was deleted.
    pub(super) fn event(
        &self,
        id: ItemId,
        publisher: Option<&str>,
        decoded: Result<(T, Stamp), DecodeError>,
    ) -> Result<Event<T>, SubscribeError> {
        match decoded {
            Ok((item, change)) if is_deletion(&change) => Ok(Event::Retracted {
                id,
                last: Some(item),
                change,
            }),
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
