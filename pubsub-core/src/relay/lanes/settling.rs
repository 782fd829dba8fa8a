//! When the store is told what is through, and what its answer means for the lanes.
//!
//! Knows how much is worth a note and how long it may wait. Does not speak to the store.

use tokio::time::Instant;

use super::Lanes;
use crate::name::NodeName;
use crate::relay::bounds::{KEPT_LANES, SETTLE_AFTER, SETTLE_ENTRIES, SETTLE_HELD_AFTER};
use crate::relay::lane::Lane;
use crate::store::{self, Settled};

impl Lanes {
    /// When there is something to settle: how many entries, and since when.
    pub(in crate::relay) fn settles_at(&self) -> Option<Instant> {
        let since = self
            .unsettled_since
            .filter(|_| !self.unsettled.is_empty())?;
        let is_hurried = self.is_hurried && self.total.held == 0;
        let is_due = self.total.unsettled >= SETTLE_ENTRIES || self.is_leaving || is_hurried;
        let at = if is_due { since } else { since + SETTLE_AFTER };
        Some(self.settles_from.map_or(at, |from| at.max(from)))
    }

    /// What the store is to note now, `most` lanes at most.
    pub(in crate::relay) fn settle(&mut self, most: usize, now: Instant) -> Vec<Settled> {
        let mut settlement = Vec::new();
        while settlement.len() < most {
            let Some(key) = self.unsettled.pop_front() else {
                break;
            };
            let crowded = self.is_leaving || self.idle.len() >= KEPT_LANES;
            let Some(held) = self.ours.get_mut(&key) else {
                continue;
            };
            held.listed.unsettled = false;
            let lane = &mut held.lane;
            if lane.is_settling() || !(lane.has_something_to_settle() || lane.is_unwanted) {
                continue;
            }
            let release = lane.is_exhausted() && (crowded || lane.is_unwanted);
            if lane.has_something_to_settle() || release {
                let settled = self.update(key, now, |lane| lane.begin_settling(release));
                settlement.extend(settled);
            }
        }
        self.unsettled_since = (!self.unsettled.is_empty()).then_some(now);
        settlement
    }

    /// The store has noted a settlement, and says which of the lanes to be given back are still ours; and of which it could note nothing.
    pub(in crate::relay) fn settled(
        &mut self,
        settlement: &[(NodeName, u64)],
        kept: &[store::Lane],
        now: Instant,
    ) {
        for (node, delivered) in settlement {
            let Some(key) = self.keys.get(node).copied() else {
                continue;
            };
            let kept = kept.iter().find(|lane| lane.node == *node);
            if kept.is_some_and(|kept| kept.delivered < *delivered) {
                self.update(key, now, Lane::not_settled);
                self.settles_from = Some(now + SETTLE_HELD_AFTER);
                continue;
            }
            let is_released = self.update(key, now, |lane| lane.settled(*delivered));
            match kept {
                Some(kept) => {
                    self.update(key, now, |lane| lane.kept(kept.last));
                }
                None if is_released == Some(true) => self.forget(node),
                None => {}
            }
        }
    }

    /// The store could not note a settlement.
    pub(in crate::relay) fn not_settled(&mut self, nodes: &[(NodeName, u64)], now: Instant) {
        for (node, _) in nodes {
            if let Some(key) = self.keys.get(node).copied() {
                self.update(key, now, Lane::not_settled);
            }
        }
    }
}
