//! What the answers of the store and the service mean for the lanes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::requests::{Claim, Claimed, DRAIN_PAUSE, Noted};
use super::{Sweep, Task, chance};
use crate::change::ChangeKind;
use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::relay::bounds::STORE_BACK_OFF;
use crate::relay::lane::{Lane, Outcome, Sent};
use crate::relay::lanes::Key;
use crate::relay::memory::Finding;
use crate::relay::prepare::weight;
use crate::relay::slot::{Slot, State};
use crate::relay::{back_off, measure};
use crate::session::{PubSubError, Status};
use crate::store::{Depth, Entry, StoreError, StoreErrorKind, Wanted};

/// How soon lanes are claimed again after there were none.
const CLAIM_PAUSE: Duration = Duration::from_millis(2);
/// What is asked of the store, in the words of its failures.
const CLAIM: &str = "claim lanes";
const READ: &str = "read the outbox";
const SETTLE: &str = "note what is delivered";
const COMPARE: &str = "compare the outbox with the service";
const LOOK: &str = "look into the outbox";
/// How many reasons of refusals are remembered, so that each is logged once.
const MOST_REASONS: usize = 256;

/// The answer of the service to a change.
pub(super) struct Answer {
    key: Key,
    sequence: u64,
    outcome: Result<(), PubSubError>,
}

/// Sends a change; it is in the outlet's queue when this returns, not only when the future is polled.
pub(super) fn deliver(
    outlet: &Outlet,
    key: Key,
    sent: Sent,
) -> impl Future<Output = Answer> + Send + use<> {
    let Sent {
        sequence,
        change,
        setting,
    } = sent;
    let is_retraction = matches!(change.kind, ChangeKind::Retract { .. });
    let answer = outlet.send(change, setting);
    async move {
        let outcome = match answer.await {
            // Gone is gone.
            Err(PubSubError::NotFound { .. }) if is_retraction => Ok(()),
            outcome => outcome,
        };
        Answer {
            key,
            sequence,
            outcome,
        }
    }
}

impl Task {
    pub(super) fn status_changed(&mut self) {
        let Some(status) = &mut self.status else {
            return;
        };
        let status = status.borrow_and_update().clone();
        let now = Instant::now();
        self.is_online = status.is_online();
        self.away_since = (!self.is_online).then(|| self.away_since.unwrap_or(now));
        match status {
            Status::Online { resumed } => {
                self.return_to_post();
                self.lanes.end_outage(now);
                self.is_claim_due = true;
                if !resumed {
                    self.logins += 1;
                    self.lanes.doubt(now);
                    self.sweep = Sweep::After(None);
                }
            }
            Status::Closed { .. } => self.is_over = true,
            Status::Connecting | Status::Offline { .. } => {}
        }
    }

    /// Notes an answer of the service; whether everything under way is to be called back.
    pub(super) fn answered(&mut self, answer: Answer, now: Instant) -> bool {
        self.pace.answered(answer.key, answer.sequence, now);
        let (outcome, is_cut) = match answer.outcome {
            Ok(()) => {
                measure::delivered(1);
                (Outcome::Through, false)
            }
            Err(PubSubError::SessionClosed { .. }) => {
                if !std::mem::replace(&mut self.is_over, true) && self.stop.is_none() {
                    let reason = self.outlet.failure();
                    tracing::warn!(
                        ?reason,
                        "the session is closed; what is saved waits in the outbox"
                    );
                }
                (Outcome::Unanswered, true)
            }
            // Later ones may be sent as soon as there is a connection again, or room in the session, and would overtake this one.
            Err(PubSubError::Disconnected { .. } | PubSubError::Timeout { .. }) => {
                (Outcome::Unanswered, true)
            }
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "refused for now");
                (Outcome::Later, false)
            }
            Err(error) => {
                measure::parked();
                (Outcome::Refused(self.reason(&error)), false)
            }
        };
        if matches!(outcome, Outcome::Later | Outcome::Unanswered) {
            measure::deferred();
        }
        self.lanes
            .answered(answer.key, answer.sequence, outcome, now, chance());
        is_cut
    }

    /// The words of a refusal, logged the first time.
    fn reason(&mut self, error: &PubSubError) -> String {
        let reason = error.to_string();
        if self.reasons.len() < MOST_REASONS && self.reasons.insert(reason.clone()) {
            tracing::warn!(%reason, "the service refuses a change for good; it is parked (see `pubsub outbox`)");
        } else {
            tracing::debug!(%reason, "parked");
        }
        reason
    }

    pub(super) fn claimed(&mut self, claimed: Result<Claimed, StoreError>) {
        let now = Instant::now();
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => {
                self.is_claim_due = true;
                self.store_failed(CLAIM, &error);
                return;
            }
        };
        self.store_works(CLAIM);
        let last = claimed.lanes.last().map(|lane| lane.node.clone());
        if let Claim::Remembered(swept) = &claimed.by {
            self.is_sweeps_turn = false;
            // Unless a new sweep has begun meanwhile.
            if matches!(&self.sweep, Sweep::After(after) if after == swept) {
                self.sweep = match (swept, last) {
                    (_, Some(last)) => Sweep::After(Some(last)),
                    (None, None) => Sweep::Owed,
                    (Some(_), None) => Sweep::Over,
                };
            }
        } else if last.is_none() {
            self.claims_at = now + CLAIM_PAUSE;
        } else {
            // There may be more.
            self.is_claim_due = true;
            if matches!(self.sweep, Sweep::Owed) {
                self.sweep = Sweep::After(None);
            }
        }
        let is_doubted =
            matches!(claimed.by, Claim::Remembered(_)) || matches!(self.sweep, Sweep::After(_));
        self.lanes.claimed(claimed.lanes, is_doubted, now);
    }

    pub(super) fn read(&mut self, wanted: Vec<Wanted>, entries: Result<Vec<Entry>, StoreError>) {
        let now = Instant::now();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                for wanted in &wanted {
                    self.lanes.not_read(wanted, now);
                }
                self.store_failed(READ, &error);
                return;
            }
        };
        self.store_works(READ);
        let mut entries = entries.into_iter().peekable();
        let mut wanted = wanted.into_iter().collect::<VecDeque<_>>();
        while let Some(next) = entries.peek() {
            let node = next.node.clone();
            let mut slots = Vec::new();
            while let Some(entry) = entries.next_if(|entry| entry.node == node) {
                slots.push(self.slot(entry));
            }
            // As a rule the answers are in the order of the questions.
            if let Some(place) = wanted.iter().position(|wanted| wanted.node == node)
                && let Some(wanted) = wanted.remove(place)
            {
                self.lanes.read(&wanted, slots, now);
            }
        }
        for wanted in wanted {
            self.lanes.read(&wanted, Vec::new(), now);
        }
    }

    fn slot(&mut self, entry: Entry) -> Slot {
        let (sequence, item) = (entry.sequence, entry.item.clone());
        let setting = self.preparer.setting(entry.model.as_deref());
        let (state, bytes) = if entry.is_parked {
            (State::Through, 0)
        } else {
            let change = match &entry.defect {
                Some(defect) => Err(defect.to_string()),
                None => self.preparer.change(entry),
            };
            match change {
                Ok(change) => {
                    let bytes = weight(&change);
                    (State::Waiting(change), bytes)
                }
                Err(reason) => {
                    tracing::warn!(%reason, "an entry of the outbox cannot be sent; it is parked");
                    measure::parked();
                    (State::Refused(reason), 0)
                }
            }
        };
        Slot {
            sequence,
            item,
            setting,
            bytes,
            state,
        }
    }

    /// Whether some lane is not ours any more.
    pub(super) fn settled(
        &mut self,
        settled: &[(NodeName, u64)],
        noted: Result<Noted, StoreError>,
    ) -> bool {
        let now = Instant::now();
        self.is_sweeps_turn = true;
        match noted {
            Ok(noted) => {
                self.store_works(SETTLE);
                for node in &noted.lost {
                    tracing::warn!(%node, "this lane is another relay's by now");
                    self.lanes.forget(node);
                }
                self.lanes.settled(settled, &noted.kept, now);
                !noted.lost.is_empty()
            }
            Err(error) => {
                self.lanes.not_settled(settled, now);
                self.store_failed(SETTLE, &error);
                false
            }
        }
    }

    pub(super) fn asked(&mut self, key: Key, finding: Result<Finding, StoreError>) {
        let now = Instant::now();
        if finding.is_ok() {
            self.store_works(COMPARE);
        }
        match finding {
            Ok(Finding::Intact) => self.lanes.asked(key, now, Lane::trust),
            Ok(Finding::Rewound(lane)) => self.lanes.asked(key, now, |held| held.restart(lane)),
            Ok(Finding::Later(error)) => {
                tracing::debug!(%error, "the service cannot say now which items it has");
                let wait = back_off::wait(STORE_BACK_OFF, 6, chance());
                self.lanes.asked(key, now, |lane| lane.ask_later(now, wait));
            }
            Err(error) => {
                let wait = back_off::wait(STORE_BACK_OFF, self.patience.failures() + 1, chance());
                self.lanes.asked(key, now, |lane| lane.ask_later(now, wait));
                self.store_failed(COMPARE, &error);
            }
        }
    }

    pub(super) fn measured(&mut self, depth: Result<Depth, StoreError>) {
        let depth = match depth {
            Ok(depth) => depth,
            Err(error) => {
                self.measures_at = Some(Instant::now());
                self.store_failed(LOOK, &error);
                return;
            }
        };
        self.store_works(LOOK);
        measure::depth(&depth);
        self.drains.retain(|reply| !reply.is_closed());
        if depth.waiting == 0 && self.lanes.load().unsettled == 0 {
            for reply in self.drains.drain(..) {
                let _ = reply.send(());
            }
        }
        self.lanes.is_hurried = !self.drains.is_empty();
        if self.lanes.is_hurried {
            self.measures_at = Some(Instant::now() + DRAIN_PAUSE);
        }
    }

    pub(super) fn store_works(&mut self, what: &'static str) {
        if self.patience.works(what) {
            tracing::info!("the store answers again");
        }
    }

    pub(super) fn store_failed(&mut self, what: &'static str, error: &StoreError) {
        let failures = self.patience.fails(what, Instant::now(), chance());
        if error.kind() == StoreErrorKind::Closed {
            self.patience.is_over = true;
            tracing::debug!(%error, "the store is closed");
        } else if failures == 1 {
            tracing::warn!(%error, "cannot {what}; trying again until it works");
        } else {
            tracing::debug!(%error, failures, "cannot {what}");
        }
    }
}
