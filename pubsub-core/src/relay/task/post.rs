//! Whether this relay delivers at all: one that cannot reach its service leaves the lanes to others, who perhaps can.
//!
//! Knows when to leave and when to come back. What is under way has been called back before anything is left, what is through is noted first, and
//! nothing is claimed until the store has let go of all lanes: so a node keeps its order while it changes hands.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::FusedFuture as _;
use tokio::time::Instant;

use super::Task;
use super::requests::settle;
use crate::name::NodeName;
use crate::relay::bounds::AWAY;
use crate::store::StoreError;

/// What is asked of the store, in the words of its failure.
const LEAVE: &str = "leave the outbox to others";

/// Where the relay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Post {
    /// It delivers.
    Manned,
    /// It is giving its lanes back.
    Leaving,
    /// Others may deliver.
    Left,
}

impl Task {
    pub(super) fn is_manned(&self) -> bool {
        self.post == Post::Manned
    }

    /// When the lanes are to be left to others, if nothing changes.
    pub(super) fn leaves_at(&self) -> Option<Instant> {
        self.away_since
            .filter(|_| self.is_manned() && self.stop.is_none())
            .map(|since| if self.is_over { since } else { since + AWAY })
    }

    pub(super) fn is_to_leave(&self, now: Instant) -> bool {
        self.leaves_at().is_some_and(|at| at <= now)
    }

    /// From now on nothing is claimed, read or asked. Nothing is under way any more.
    pub(super) fn leave_post(&mut self) {
        self.post = Post::Leaving;
        self.asking.clear();
    }

    /// Gives the lanes back as soon as no other request is about them.
    pub(super) fn withdraw(&mut self, now: Instant) {
        let is_quiet = self.claiming.is_terminated()
            && self.reading.is_terminated()
            && self.settling.is_terminated()
            && self.withdrawing.is_terminated();
        if self.post != Post::Leaving || !is_quiet {
            return;
        }
        let settlement = self.lanes.give_back(now);
        let all: Vec<_> = settlement.iter().map(|one| one.node.clone()).collect();
        let store = Arc::clone(&self.store);
        let withdrawing = async move {
            if !settlement.is_empty()
                && let (_, Err(error)) = settle(Arc::clone(&store), settlement).await
            {
                tracing::warn!(%error, "cannot note what was delivered last; it will be delivered again");
            }
            store.withdraw().await.map(|()| all)
        };
        self.withdrawing = withdrawing.boxed().fuse();
    }

    /// These lanes are others', unless the store has failed.
    pub(super) fn withdrawn(&mut self, withdrawn: Result<Vec<NodeName>, StoreError>) {
        match withdrawn {
            Ok(all) => {
                self.store_works(LEAVE);
                for node in &all {
                    self.lanes.forget(node);
                }
                self.post = Post::Left;
                tracing::info!(
                    "the service cannot be reached from here; other programs on the store may deliver"
                );
                self.return_to_post();
            }
            Err(error) => self.store_failed(LEAVE, &error),
        }
    }

    /// Delivers again, if it can.
    pub(super) fn return_to_post(&mut self) {
        if self.post != Post::Left || !self.is_online {
            return;
        }
        self.post = Post::Manned;
        self.is_claim_due = true;
    }
}
