//! What happened between a page of rows and the moment at which its reader begins to listen.
//!
//! Found in the ring of the channel, if that still has everything since; otherwise the store or the items of the node are asked.

use std::sync::Arc;

use pubsub_core::change::Stamp;
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, Position, SubscribeError};

use super::item::{Said, said};
use crate::channel::{Channel, Content, Kind, Message, Moment, Replay, Ring, stored_id};
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
    let in_ring = in_ring(&channel.ring(), since);
    let mut missed = Missed {
        messages: Vec::new(),
        known: since.clone(),
        after: in_ring.unwrap_or_else(|| inner.hub().cursor().number),
        is_complete: true,
    };
    if in_ring.is_some() {
        return missed;
    }
    let node = channel.name().node();
    match inner.pubsub().missed(node, since, MOST).await {
        Ok(found) => {
            missed.is_complete = found.is_complete;
            missed.take(inner, channel, &found.events);
        }
        // Of another node: it says nothing about this one.
        Err(SubscribeError::Position { .. }) => {}
        Err(error) => {
            tracing::debug!(%node, %error, "what was missed cannot be read");
            missed.is_complete = false;
        }
    }
    missed
}

/// The number of the last entry before which nothing is news, if the ring has everything after it.
fn in_ring(ring: &Ring, since: &Position) -> Option<u64> {
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
    fn take(&mut self, inner: &Inner, channel: &Channel, events: &[Event<RawXml>]) {
        for event in events {
            if let Some(stamp) = event.change() {
                self.known.follow(stamp);
            }
            if let Some(Said::Content(content, _)) =
                said(inner.rows(), channel.name().node(), event)
            {
                // It is in no ring, so who goes on right after it goes on from there.
                let position = self.known.to_string();
                let message = message(channel, content, position);
                self.messages.push(Arc::new(message));
            }
        }
    }

    /// With what came here meanwhile. The ids go up, and on with those of what comes from now on.
    pub(crate) fn with_ring(&self, ring: &mut Ring) -> Replay {
        let is_news = |entry: &&Arc<Message>| {
            let hash = entry.content.hash;
            let is_told = || self.messages.iter().any(|told| told.content.hash == hash);
            entry.kind == Kind::Message
                && entry.number > self.after
                && !self.known.covers(&entry.content.stamp)
                && (entry.content.stamp.log.is_some() || !is_told())
        };
        let news: Vec<_> = ring.recent().filter(is_news).cloned().collect();
        let mut messages = self.messages.clone();
        if news.is_empty() {
            ring.leave_room(messages.len());
        }
        let next = news
            .first()
            .map_or_else(|| ring.next_id(&Stamp::default()), |first| first.id);
        number(&mut messages, next);
        messages.extend(news);
        let is_reset =
            |entry: &Arc<Message>| entry.kind == Kind::Reset && entry.number > self.after;
        Replay {
            messages,
            is_incomplete: !self.is_complete || ring.recent().any(is_reset),
        }
    }
}

/// Gives messages ids below that of the next one: their numbers in the store, or else those right before it. Where there is no room for all of them
/// the first ones share the id 1, as clients take none below that for a message.
fn number(messages: &mut [Arc<Message>], next: i64) {
    let mut below = next;
    for message in messages.iter_mut().rev() {
        let own = stored_id(&message.content.stamp);
        below = own.unwrap_or(i64::MAX).min(below - 1).max(1);
        Arc::make_mut(message).id = below;
    }
}

fn message(channel: &Channel, content: Content, position: String) -> Message {
    Message {
        kind: Kind::Message,
        channel: channel.name().shared(),
        id: 1,
        number: 0,
        moment: Moment::NEVER,
        is_stored: false,
        position: Some(position.into()),
        content,
    }
}
