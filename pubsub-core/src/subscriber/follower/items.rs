//! What the items of the node show: of what was missed, and of what came after a position.

use super::history::Filled;
use super::reader::{Abandoned, Reader};
use super::{Follower, Stamp};
use crate::change::Action;
use crate::name::ItemId;
use crate::payload::entry;
use crate::position::{self, Position};
use crate::session::{Item as RawItem, PubSubError};
use crate::subscriber::Event;
use crate::subscriber::catch_up::{FIRST_LOOK, Look, look};
use crate::subscriber::journal::Beginning;
use crate::subscriber::mark::Mark;
use crate::subscriber::resume::{Held, Resumption, resume};

/// More recent items than this are not read back after a gap.
const FARTHEST_LOOK: u32 = 16_384;

impl<T: Send + 'static> Follower<T> {
    /// Tells what is news since the last event. `missed` is how many events there were at least.
    pub(super) async fn catch_up(
        &mut self,
        reader: &mut Reader<T>,
        missed: u64,
    ) -> Result<(), Abandoned> {
        let mut far = FIRST_LOOK;
        loop {
            let items = match self.recent(far).await {
                Ok(items) => items,
                Err(PubSubError::Disconnected { .. } | PubSubError::SessionClosed { .. }) => {
                    return Ok(());
                }
                Err(error) => {
                    tracing::debug!(node = %self.node, %error, "cannot read back what was missed");
                    return match self.fill(reader, None).await? {
                        Filled::All(filled) if filled >= missed => Ok(()),
                        _ => reader.tell_gap(&self.node).await,
                    };
                }
            };
            let is_whole = is_whole(&items, far);
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
                    let read_back = count(items.len().saturating_sub(from));
                    let has_gap = self
                        .fill_before(reader, &marks, from, has_gap, missed, read_back)
                        .await?;
                    if has_gap {
                        reader.tell_gap(&self.node).await?;
                    }
                    let own = self.followed();
                    for id in gone {
                        // What the history has numbered it also says the end of. A service that lacks it has lost it, and is told again.
                        let is_own = own.as_ref().is_some_and(|log| self.journal.is_of(&id, log));
                        if !is_own && self.journal.is_alive(&id) {
                            self.journal.miss(&id);
                            reader.tell(Ok(retracted(id))).await?;
                        }
                    }
                    if is_whole {
                        self.journal
                            .retain(|told| marks.iter().any(|(id, _)| id == told));
                    }
                    return self.tell_items(items, marks, from, reader).await;
                }
            }
        }
    }

    /// The items that were published last. A node that does not exist has none.
    async fn recent(&self, most: u32) -> Result<Vec<RawItem>, PubSubError> {
        match self.outlet.recent(&self.node, most).await {
            Err(PubSubError::NotFound { .. }) => Ok(Vec::new()),
            answer => answer,
        }
    }

    /// Tells what the history has, if there is one. Whether something is missing all the same.
    async fn fill_before(
        &mut self,
        reader: &mut Reader<T>,
        marks: &[(ItemId, Mark)],
        from: usize,
        has_gap: bool,
        missed: u64,
        read_back: u64,
    ) -> Result<bool, Abandoned> {
        let filled = self.fill(reader, None).await?;
        let (Filled::All(filled), Some(store)) = (filled, &self.store) else {
            return Ok(has_gap || missed > read_back);
        };
        let log = &**store.log();
        let has_others = self.journal.has_others(log)
            || marks.iter().skip(from).any(|(_, mark)| !mark.is_of(log));
        Ok(has_others && (has_gap || missed > read_back.saturating_add(filled)))
    }

    /// Begins where a position was read.
    pub(super) async fn resume(
        &mut self,
        position: Position,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        for (log, known) in &position.known {
            self.journal.advance(log, *known);
        }
        let own = self.store.as_ref().map(|store| store.log().clone());
        let own = own.filter(|log| position.known.contains_key(log));
        if own.is_some() {
            self.fill(reader, None).await?;
        }
        // A page of rows knows nothing of what others publish: theirs begins now.
        let is_of_rows =
            position.marks.is_empty() && !position.was_empty && position.known.len() == 1;
        if is_of_rows && own.is_some() {
            return Ok(());
        }
        // What the node held when it was subscribed to may be news by the position.
        self.journal.begin(Beginning::Unknown);
        let mut far = FIRST_LOOK;
        loop {
            let items = match self.recent(far).await {
                Ok(items) => items,
                Err(error) => {
                    tracing::debug!(node = %self.node, %error, "cannot read what came after a position");
                    return reader.tell_gap(&self.node).await;
                }
            };
            let held: Vec<Held> = items.iter().map(held).collect();
            match resume(&position, &held, is_whole(&items, far), own.as_deref()) {
                Resumption::Farther => far = far.saturating_mul(2).min(FARTHEST_LOOK),
                Resumption::From { first, has_gap } => {
                    if has_gap {
                        reader.tell_gap(&self.node).await?;
                    }
                    let marks: Vec<_> = held.into_iter().map(|held| (held.id, held.mark)).collect();
                    let last = marks.last().cloned();
                    self.tell_items(items, marks, first, reader).await?;
                    self.journal.begin(match last {
                        Some((id, mark)) => Beginning::Item(id, mark),
                        None => Beginning::Empty,
                    });
                    return Ok(());
                }
            }
        }
    }

    /// Tells the items from this one on that are news, and those that are there again. What is told from the history is left to that.
    async fn tell_items(
        &mut self,
        items: Vec<RawItem>,
        marks: Vec<(ItemId, Mark)>,
        from: usize,
        reader: &mut Reader<T>,
    ) -> Result<(), Abandoned> {
        let own = self.followed();
        for (place, (item, (id, mark))) in items.into_iter().zip(marks).enumerate() {
            if place < from && !self.journal.is_back(&id, &mark) {
                continue;
            }
            let is_own = own.as_ref().is_some_and(|log| mark.is_of(log));
            if is_own || self.journal.knows(&id, &mark) {
                continue;
            }
            let payload = item.payload.as_deref().unwrap_or_default();
            let action = entry::stamp(payload).unwrap_or_default().action;
            self.journal.cover(&mark);
            self.journal.catch_up(&id, mark, action);
            let decoded = (self.decode)(payload);
            let event = self.event(id, item.publisher.as_deref(), decoded);
            reader.tell(event).await?;
        }
        Ok(())
    }
}

/// A retraction of which nothing more is known.
pub(super) fn retracted<T>(id: ItemId) -> Event<T> {
    Event::Retracted {
        id,
        last: None,
        change: Stamp::default(),
    }
}

/// The state of an item, told by its stamp; what is no entry has none.
pub(super) fn mark(payload: &str) -> Mark {
    Mark::of(&entry::stamp(payload).unwrap_or_default(), payload)
}

fn held(item: &RawItem) -> Held {
    let payload = item.payload.as_deref().unwrap_or_default();
    Held {
        id: item.id.clone(),
        mark: mark(payload),
        hash: position::mark(&item.id, payload),
    }
}

fn is_whole(items: &[RawItem], asked: u32) -> bool {
    count(items.len()) < u64::from(asked) || asked >= FARTHEST_LOOK
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

/// Whether an entry says that its item is no more.
pub(super) fn is_deletion(stamp: &Stamp) -> bool {
    stamp.action == Some(Action::Delete)
}
