//! What the store knows of a node: every change in order, whether the service has told of it or not.

use std::sync::Arc;

use super::reader::{Abandoned, Reader};
use super::{Follower, Stamp};
use crate::change::Action;
use crate::name::ItemId;
use crate::payload::entry::stamp_into;
use crate::store::{Entry, EntryKind, History, StoreError};
use crate::subscriber::mark::Mark;
use crate::subscriber::{Event, SubscribeError};

/// How many changes are read at once.
const PAGE: u32 = 256;

/// What came of reading the history.
pub(super) enum Filled {
    /// Everything was told that was missing: so many changes.
    All(u64),
    /// There is no history, or no longer.
    Nothing,
}

impl<T: Send + 'static> Follower<T> {
    /// The log of the store, if this node is followed in it.
    pub(super) fn followed(&self) -> Option<Arc<str>> {
        let log = self.store.as_ref()?.log();
        self.journal.known(log).map(|_| Arc::clone(log))
    }

    /// Tells the changes after the last one known, those before number `to` if one is given.
    pub(super) async fn fill(
        &mut self,
        reader: &mut Reader<T>,
        to: Option<u64>,
    ) -> Result<Filled, Abandoned> {
        let Some(log) = self.followed() else {
            return Ok(Filled::Nothing);
        };
        let mut filled = 0;
        loop {
            let known = self.journal.known(&log).unwrap_or_default();
            let History {
                entries,
                last,
                is_gone,
            } = match self.history(known, PAGE).await {
                Ok(history) => history,
                Err(error) => {
                    tracing::warn!(node = %self.node, %error, "the history of a node cannot be read");
                    self.journal.lose(&log);
                    reader.tell_gap(&self.node).await?;
                    return Ok(Filled::Nothing);
                }
            };
            if is_gone || last < known {
                tracing::warn!(node = %self.node, known, last, "the history of a node is no longer kept");
                self.journal.lose(&log);
                reader.tell_gap(&self.node).await?;
                return Ok(Filled::Nothing);
            }
            let is_end = entries.is_empty();
            for entry in entries {
                if to.is_some_and(|to| entry.sequence >= to) {
                    return Ok(Filled::All(filled));
                }
                self.journal.advance(&log, entry.sequence);
                if let Some(event) = self.replayed(entry) {
                    filled += 1;
                    reader.tell(event).await?;
                }
            }
            if is_end {
                return Ok(Filled::All(filled));
            }
        }
    }

    /// An event without a number may be a change of ours that has no room for one. It is if it is the next in the history.
    pub(super) async fn attribute(&mut self, id: &ItemId, payload: Option<&str>) -> Option<Entry> {
        let log = self.followed()?;
        let known = self.journal.known(&log)?;
        let History { entries, .. } = self.history(known, PAGE).await.ok()?;
        // What is parked or silent is told to nobody.
        let next = entries.into_iter().find(is_told)?;
        let is_it = next.item == *id
            && match next.kind {
                EntryKind::Put => false,
                EntryKind::Raw => payload.is_some() && next.payload.as_deref() == payload,
                EntryKind::Retract { .. } => payload.is_none(),
            };
        if !is_it {
            return None;
        }
        self.journal.advance(&log, next.sequence);
        Some(next)
    }

    /// Whether a bare retraction is the second half of a deletion that is known, but whose first half was told before anybody listened: the
    /// service is not yet at the point where the subscription has begun.
    pub(super) async fn ends_an_older_deletion(&self, id: &ItemId) -> bool {
        let Some(known) = self.followed().and_then(|log| self.journal.known(&log)) else {
            return false;
        };
        let after = known.saturating_sub(u64::from(PAGE));
        let Ok(History { entries, .. }) = self.history(after, PAGE).await else {
            return false;
        };
        let told = |entry: &&Entry| entry.sequence <= known && entry.item == *id && is_told(entry);
        // What was saved again and heard is what is retracted now.
        entries
            .iter()
            .rev()
            .filter(told)
            .find_map(|entry| match entry.kind {
                EntryKind::Retract { .. } => Some(true),
                EntryKind::Put | EntryKind::Raw => (entry.sequence <= self.heard).then_some(false),
            })
            .unwrap_or(false)
    }

    /// The event that a change is, as a service would have told it; `None` for what is told to nobody.
    pub(super) fn replayed(&mut self, entry: Entry) -> Option<Result<Event<T>, SubscribeError>> {
        if !is_told(&entry) {
            return None;
        }
        let stamp = Stamp {
            sequence: Some(entry.sequence),
            log: self.store.as_ref().map(|store| Arc::clone(store.log())),
            action: entry.action,
            origin: entry.origin,
        };
        let id = entry.item;
        let payload = entry.payload.as_deref();
        match entry.kind {
            EntryKind::Put => {
                let mut stamped = String::new();
                let payload = payload.unwrap_or_default();
                if stamp_into(payload, &stamp, &mut stamped).is_err() {
                    stamped.push_str(payload);
                }
                let mark = Mark::of(&stamp, &stamped);
                self.journal.replay(&id, mark, false);
                let decoded = (self.decode)(&stamped);
                Some(self.event(id, None, decoded))
            }
            EntryKind::Raw => {
                let payload = payload.unwrap_or_default();
                self.journal.replay(&id, super::mark(payload), false);
                let decoded = (self.decode)(payload);
                Some(self.event(id, None, decoded))
            }
            EntryKind::Retract { .. } => {
                self.journal.replay(&id, Mark::of(&stamp, ""), true);
                let last = payload.and_then(|payload| (self.decode)(payload).ok());
                let change = Stamp {
                    action: Some(Action::Delete),
                    ..stamp
                };
                Some(Ok(Event::Retracted {
                    id,
                    last: last.map(|(last, _)| last),
                    change,
                }))
            }
        }
    }

    async fn history(&self, after: u64, most: u32) -> Result<History, StoreError> {
        match &self.store {
            Some(store) => store.history(&self.node, after, most).await,
            None => Ok(History {
                entries: Vec::new(),
                last: after,
                is_gone: false,
            }),
        }
    }
}

/// Whether anybody is told of it.
fn is_told(entry: &Entry) -> bool {
    !entry.is_parked && entry.defect.is_none() && entry.kind != EntryKind::Retract { notify: false }
}
