//! The requests that wait for their answer. An answer finds its request by the slot in its id, without searching.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use super::pending::Pending;
use crate::session::home::Home;
use crate::session::stanza::RequestId;
use crate::{NodeConfig, NodeName};

/// Who is behind a request.
#[derive(Debug)]
pub(super) enum Occupant {
    /// One caller.
    One(Pending),
    /// Several publishes to one node that went as one.
    Several(Vec<Pending>),
    /// We ourselves: a node is created because a publish did not find it; its publishes are held meanwhile.
    Create { node: NodeName, config: NodeConfig },
    /// We ourselves: a node is created, with its configuration, ahead of the first publish to it.
    Prepare { node: NodeName, config: NodeConfig },
    /// We ourselves: the node of a model is created, with its description, ahead of the first change of the model.
    Settle { home: Arc<Home> },
    /// We ourselves ask for a sign of life.
    Ping,
}

impl Occupant {
    fn is_caller(&self) -> bool {
        matches!(self, Self::One(_) | Self::Several(_))
    }

    /// The callers behind it.
    pub(super) fn callers(self) -> Vec<Pending> {
        match self {
            Self::One(pending) => vec![pending],
            Self::Several(several) => several,
            Self::Create { .. } | Self::Prepare { .. } | Self::Settle { .. } | Self::Ping => {
                Vec::new()
            }
        }
    }
}

#[derive(Debug, Default)]
struct Slot {
    serial: u64,
    occupant: Option<Occupant>,
}

/// The slots. Our own requests have room besides the window, so that a full one cannot lock itself.
#[derive(Debug, Default)]
pub(super) struct Window {
    slots: Vec<Slot>,
    free: Vec<u16>,
    serial: u64,
    callers: usize,
    deadlines: VecDeque<(Instant, RequestId)>,
}

impl Window {
    /// How many requests of callers are on their way.
    pub(super) fn callers(&self) -> usize {
        self.callers
    }

    /// The id of the next request; `None` when every id is taken.
    pub(super) fn reserve(&mut self) -> Option<RequestId> {
        let slot = if let Some(slot) = self.free.pop() {
            slot
        } else {
            let slot = u16::try_from(self.slots.len()).ok()?;
            self.slots.push(Slot::default());
            slot
        };
        self.serial += 1;
        let serial = self.serial;
        Some(RequestId { slot, serial })
    }

    /// Fills a reserved slot.
    pub(super) fn fill(&mut self, id: RequestId, occupant: Occupant, deadline: Instant) {
        self.callers += usize::from(occupant.is_caller());
        if let Some(slot) = self.slots.get_mut(usize::from(id.slot)) {
            slot.serial = id.serial;
            slot.occupant = Some(occupant);
        }
        // A request that is never answered must not keep the answered ones behind it for its whole time.
        if self.deadlines.len() > 64 + 4 * self.slots.len() {
            let slots = &self.slots;
            self.deadlines.retain(|(_, id)| is_live(slots, *id));
        }
        // Nearly always the latest; only what is sent a second time is not.
        let place = self
            .deadlines
            .iter()
            .rposition(|(other, _)| *other <= deadline);
        self.deadlines
            .insert(place.map_or(0, |place| place + 1), (deadline, id));
    }

    /// Gives back a reserved slot that was not filled.
    pub(super) fn release(&mut self, id: RequestId) {
        self.free.push(id.slot);
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Occupant> {
        let slot = self.slots.get(usize::from(id.slot))?;
        slot.occupant.as_ref().filter(|_| slot.serial == id.serial)
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_abandoned(&self, id: RequestId) -> bool {
        match self.get(id) {
            Some(Occupant::One(pending)) => pending.is_abandoned(),
            Some(Occupant::Several(several)) => several.iter().all(Pending::is_abandoned),
            Some(
                Occupant::Create { .. }
                | Occupant::Prepare { .. }
                | Occupant::Settle { .. }
                | Occupant::Ping,
            )
            | None => false,
        }
    }

    pub(super) fn take(&mut self, id: RequestId) -> Option<Occupant> {
        let slot = self.slots.get_mut(usize::from(id.slot))?;
        if slot.serial != id.serial {
            return None;
        }
        let occupant = slot.occupant.take()?;
        self.callers -= usize::from(occupant.is_caller());
        self.free.push(id.slot);
        // Answers come mostly in order, so this keeps the list as short as the window.
        while let Some((_, first)) = self.deadlines.front()
            && self.get(*first).is_none()
        {
            self.deadlines.pop_front();
        }
        Some(occupant)
    }

    /// When the first request runs out of time.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }

    /// Takes a request whose time is up.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Occupant> {
        while let Some(&(deadline, id)) = self.deadlines.front()
            && deadline <= now
        {
            self.deadlines.pop_front();
            if let Some(occupant) = self.take(id) {
                return Some(occupant);
            }
        }
        None
    }

    /// Takes everything.
    pub(super) fn drain(&mut self) -> Vec<Occupant> {
        let ids: Vec<_> = self.deadlines.iter().map(|(_, id)| *id).collect();
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }

    /// The requests of callers that are on their way.
    pub(super) fn each_caller(&mut self) -> impl Iterator<Item = &mut Pending> {
        self.slots
            .iter_mut()
            .filter_map(|slot| slot.occupant.as_mut())
            .flat_map(|occupant| match occupant {
                Occupant::One(pending) => std::slice::from_mut(pending),
                Occupant::Several(several) => several.as_mut_slice(),
                Occupant::Create { .. }
                | Occupant::Prepare { .. }
                | Occupant::Settle { .. }
                | Occupant::Ping => &mut [],
            })
    }
}

fn is_live(slots: &[Slot], id: RequestId) -> bool {
    let slot = slots.get(usize::from(id.slot));
    slot.is_some_and(|slot| slot.serial == id.serial && slot.occupant.is_some())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Occupant, Window};

    #[test]
    fn an_id_finds_its_request_once() {
        let mut window = Window::default();
        let now = Instant::now();
        let first = window.reserve().unwrap();
        window.fill(first, Occupant::Ping, now);
        assert!(window.take(first).is_some());
        assert!(window.take(first).is_none());
        let second = window.reserve().unwrap();
        assert_eq!(first.slot, second.slot, "slots are used again");
        window.fill(second, Occupant::Ping, now);
        assert!(window.take(first).is_none(), "a late answer finds nothing");
        assert!(window.get(second).is_some());
    }

    #[test]
    fn deadlines_come_in_order_whatever_order_they_were_set_in() {
        let mut window = Window::default();
        let now = Instant::now();
        for seconds in [5, 9, 7] {
            let id = window.reserve().unwrap();
            window.fill(id, Occupant::Ping, now + Duration::from_secs(seconds));
        }
        assert_eq!(window.next_deadline(), Some(now + Duration::from_secs(5)));
        assert!(window.take_expired(now).is_none());
        let later = now + Duration::from_secs(7);
        assert!(window.take_expired(later).is_some());
        assert!(window.take_expired(later).is_some());
        assert!(window.take_expired(later).is_none());
        assert_eq!(window.drain().len(), 1);
    }
}
