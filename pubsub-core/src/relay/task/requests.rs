//! What the task asks of the store and the service, and when: one request of each kind at a time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::FusedFuture as _;
use tokio::time::Instant;

use super::{Sweep, Task};
use crate::name::NodeName;
use crate::relay::bounds::CLAIM;
use crate::relay::measure;
use crate::relay::memory::Inquiry;
use crate::store::{Lane, Settled, Store, StoreError, StoreErrorKind};

/// How many lanes are settled at once.
const SETTLE_LANES: usize = 512;
/// How many lanes the service is asked about at once.
const ASK_AT_ONCE: usize = 32;
/// How often the outbox is looked at for somebody who waits until it is empty, while others empty it.
pub(super) const DRAIN_PAUSE: Duration = Duration::from_millis(25);

/// The answer to a claim.
pub(super) struct Claimed {
    pub(super) lanes: Vec<Lane>,
    pub(super) by: Claim,
}

/// What was asked for.
pub(super) enum Claim {
    /// Lanes with something to deliver.
    Due,
    /// Lanes to be asked about, after this node.
    Remembered(Option<NodeName>),
}

/// How far which lanes are to be settled, and what came of it.
pub(super) type Settling = (Vec<(NodeName, u64)>, Result<Noted, StoreError>);

/// What the store says to a settlement.
pub(super) struct Noted {
    /// Lanes that are still ours.
    pub(super) kept: Vec<Lane>,
    /// Lanes that are another relay's.
    pub(super) lost: Vec<NodeName>,
}

impl Noted {
    /// Whether nothing could be noted of a lane now, because somebody else is writing to it.
    pub(super) fn is_held(&self, settled: &Settled) -> bool {
        self.kept
            .iter()
            .any(|lane| lane.node == settled.node && lane.delivered < settled.delivered)
    }
}

impl Task {
    /// Begins the requests to the store that are due, one of each kind at a time.
    pub(super) fn ask_the_store(&mut self, now: Instant) {
        if !self.patience.wake(now) {
            return;
        }
        if self.claiming.is_terminated() {
            self.is_sweeping = false;
        }
        let is_due = self.lanes.settles_at().is_some_and(|at| at <= now);
        let sweeps_first =
            self.is_sweeping || (self.is_sweeps_turn && self.may_sweep() && self.stop.is_none());
        if is_due && self.settling.is_terminated() && self.is_manned() && !sweeps_first {
            let settlement = self.lanes.settle(SETTLE_LANES, now);
            if !settlement.is_empty() {
                let store = Arc::clone(&self.store);
                self.settling = settle(store, settlement).boxed().fuse();
            }
        }
        self.withdraw(now);
        if self.stop.is_some() {
            return;
        }
        if self.reading.is_terminated() && self.is_manned() && self.lanes.is_hungry() {
            let wanted = self.lanes.wanted(now);
            if !wanted.is_empty() {
                let store = Arc::clone(&self.store);
                self.reading = async move {
                    let entries = store.waiting(&wanted).await;
                    (wanted, entries)
                }
                .boxed()
                .fuse();
            }
        }
        if self.may_send() {
            self.claim(now);
            self.ask_the_service(now);
        }
        if self.measures_at.is_some_and(|at| at <= now) && self.measuring.is_terminated() {
            self.measures_at = None;
            if self.lanes.is_hurried && !self.lanes.is_quiet() {
                // There is no need to ask: something still waits here.
                self.measures_at = Some(now + DRAIN_PAUSE);
                return;
            }
            let store = Arc::clone(&self.store);
            self.measuring = async move { store.depth().await }.boxed().fuse();
        }
        if measure::IS_ON && self.measures_at.is_none() && !self.lanes.is_quiet() {
            self.measures_at = Some(now + measure::EVERY);
        }
    }

    fn claim(&mut self, now: Instant) {
        let most = u32::try_from(self.lanes.room()).map_or(CLAIM, |room| room.min(CLAIM));
        if !self.claiming.is_terminated() || most == 0 {
            return;
        }
        let store = Arc::clone(&self.store);
        if self.is_claim_due && self.claims_at <= now {
            self.is_claim_due = false;
            self.claiming = async move {
                let lanes = store.claim(most).await?;
                Ok(Claimed {
                    lanes,
                    by: Claim::Due,
                })
            }
            .boxed()
            .fuse();
        } else if self.may_sweep()
            && let Sweep::After(after) = &self.sweep
        {
            self.is_sweeping = true;
            let after = after.clone();
            self.claiming = async move {
                let lanes = store.remembered(after.as_ref(), most).await?;
                Ok(Claimed {
                    lanes,
                    by: Claim::Remembered(after),
                })
            }
            .boxed()
            .fuse();
        }
    }

    /// Whether lanes to be asked about can be claimed now.
    fn may_sweep(&self) -> bool {
        matches!(self.sweep, Sweep::After(_))
            && self.may_send()
            && self.claiming.is_terminated()
            && self.settling.is_terminated()
            && self.lanes.room() > 0
    }

    fn ask_the_service(&mut self, now: Instant) {
        while self.asking.len() < ASK_AT_ONCE {
            let Some((key, node, known, last)) = self.lanes.ask(now) else {
                return;
            };
            let inquiry = Inquiry {
                store: Arc::clone(&self.store),
                outlet: self.outlet.clone(),
                registry: Arc::clone(&self.registry),
                node,
                known,
                last,
                is_first: self.logins == 1,
            };
            let asking = async move { (key, inquiry.carry_out().await) };
            self.asking.push(asking.boxed());
        }
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        let stop = self.stop.as_ref().map(|stop| stop.deadline);
        if let Some(rests_until) = self.patience.rests_until() {
            let lanes = self.lanes.wakes_at();
            return [rests_until]
                .into_iter()
                .chain(stop)
                .chain(lanes)
                .chain(self.leaves_at())
                .min();
        }
        let settles_at = self
            .lanes
            .settles_at()
            .filter(|_| self.settling.is_terminated() && !self.is_sweeping && self.is_manned());
        let claims_at = (self.is_claim_due && self.may_send() && self.claiming.is_terminated())
            .then_some(self.claims_at)
            .filter(|_| self.lanes.room() > 0);
        let measures_at = self
            .measures_at
            .filter(|_| self.measuring.is_terminated() && self.stop.is_none());
        let times = [
            stop,
            self.leaves_at(),
            self.lanes.wakes_at(),
            settles_at,
            claims_at,
            measures_at,
        ];
        times.into_iter().flatten().min()
    }
}

/// Has the store note a settlement. When one of its lanes is lost, each is noted by itself.
pub(super) async fn settle(store: Arc<dyn Store>, settlement: Vec<Settled>) -> Settling {
    let settled = settlement
        .iter()
        .map(|settled| (settled.node.clone(), settled.delivered))
        .collect();
    let mut noted = Noted {
        kept: Vec::new(),
        lost: Vec::new(),
    };
    match store.settle(settlement.clone()).await {
        Ok(kept) => noted.kept = kept,
        Err(error) if error.kind() == StoreErrorKind::Lost => {
            for one in settlement {
                let node = one.node.clone();
                match store.settle(vec![one]).await {
                    Ok(kept) => noted.kept.extend(kept),
                    Err(error) if error.kind() == StoreErrorKind::Lost => noted.lost.push(node),
                    Err(error) => return (settled, Err(error)),
                }
            }
        }
        Err(error) => return (settled, Err(error)),
    }
    (settled, Ok(noted))
}
