//! What happened between a page of rows and the moment at which its reader begins to listen.
//!
//! Found in the ring of the channel, if that still has everything since; otherwise the store or the items of the node are asked.

use std::sync::Arc;

use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, Position, SubscribeError};

use super::item::{Said, deleted, published};
use crate::channel::{Channel, Content, Kind, Message, Moment, Replay};
use crate::inner::Inner;

/// More than this is not told one by one: who has missed so much reads the page again.
const MOST: usize = 1000;

/// What somebody has missed.
#[derive(Debug)]
pub(crate) struct Missed {
    /// In order, none of them in the ring.
    messages: Vec<Arc<Message>>,
    /// Up to where they go.
    pub(crate) known: Position,
    /// What has a higher number, and is not known, comes after them.
    after: u64,
    is_complete: bool,
}

/// What happened on the channel since then, as far as it has not come here, or came before now.
pub(crate) async fn missed(inner: &Inner, channel: &Channel, since: &Position) -> Missed {
    if let Some(after) = in_ring(channel, since) {
        return Missed {
            messages: Vec::new(),
            known: since.clone(),
            after,
            is_complete: true,
        };
    }
    let after = inner.hub().cursor().number;
    let node = channel.name().node();
    let found = inner.pubsub().missed(node, since, MOST).await;
    let mut missed = Missed {
        messages: Vec::new(),
        known: since.clone(),
        after,
        is_complete: false,
    };
    match found {
        Ok(found) => {
            missed.is_complete = found.is_complete;
            missed.take(inner, channel, found.events);
        }
        // Of another node: it says nothing about this one.
        Err(SubscribeError::Position { .. }) => missed.is_complete = true,
        Err(error) => tracing::debug!(%node, %error, "what was missed cannot be read"),
    }
    missed
}

/// The number of the last entry before which nothing is news, if the ring has everything after it.
fn in_ring(channel: &Channel, since: &Position) -> Option<u64> {
    let ring = channel.ring();
    let mut entries = ring.recent().rev();
    // What it has is whole from any entry on; so one that is known, or is the very next, is enough.
    if let Some(known) = entries.find(|entry| since.covers(&entry.content.stamp)) {
        return Some(known.number);
    }
    let first = ring
        .recent()
        .find(|entry| entry.content.stamp.log.is_some())?;
    since
        .precedes(&first.content.stamp)
        .then(|| first.number - 1)
}

impl Missed {
    fn take(&mut self, inner: &Inner, channel: &Channel, events: Vec<Event<RawXml>>) {
        let last = events.len().saturating_sub(1);
        let rows = inner.rows();
        let node = channel.name().node();
        for (place, event) in events.into_iter().enumerate() {
            if let Some(stamp) = event.change() {
                self.known.follow(stamp);
            }
            let content = match event {
                Event::Published {
                    id, item, change, ..
                } => match published(rows, node, id.as_str(), item.as_str(), &change) {
                    Said::Content(content, _) => content,
                    Said::Deletion(_) => continue,
                },
                Event::Retracted { id, last, change } => {
                    let last = last.as_ref().map(RawXml::as_str);
                    deleted(rows, node, id.as_str(), last, &change)
                }
                _ => continue,
            };
            // Whoever goes on right after one of them, but for the last, cannot be told the rest: it is in no ring.
            let number = if place == last { self.after } else { 0 };
            self.messages
                .push(Arc::new(message(channel, number, content)));
        }
    }

    /// With what came here meanwhile.
    pub(crate) fn with_ring(&self, channel: &Channel) -> Replay {
        let ring = channel.ring();
        let is_news = |entry: &&Arc<Message>| {
            let is_told = || self.messages.iter().any(|told| is_same(told, entry));
            entry.id > 0
                && entry.number > self.after
                && !self.known.covers(&entry.content.stamp)
                && (entry.content.stamp.log.is_some() || !is_told())
        };
        let mut messages = self.messages.clone();
        messages.extend(ring.recent().filter(is_news).cloned());
        let is_reset =
            |entry: &Arc<Message>| entry.kind == Kind::Reset && entry.number > self.after;
        Replay {
            messages,
            is_incomplete: !self.is_complete || ring.recent().any(is_reset),
        }
    }
}

/// Whether two messages without a place in any log say the same.
fn is_same(one: &Message, other: &Message) -> bool {
    one.content.text == other.content.text && one.content.event_type == other.content.event_type
}

fn message(channel: &Channel, number: u64, content: Content) -> Message {
    Message {
        kind: Kind::Message,
        channel: channel.name().shared(),
        // Clients take no other for a message.
        id: 1,
        number,
        moment: Moment::NEVER,
        is_stored: false,
        content,
    }
}
