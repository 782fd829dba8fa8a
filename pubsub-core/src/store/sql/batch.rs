//! Jobs that share a transaction, and the answers that are owed for them.
//!
//! Knows what each job does inside the transaction. Does not begin or end it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::admin;
use super::apply::{Applied, Outcome, Patience, Thinking, Work, apply};
use super::backend::Backend;
use super::connection::Connection;
use super::entries::Stored;
use super::lanes::{self, Ours};
use super::migration::renew_log;
use super::script::Script;
use crate::name::NodeName;
use crate::store::{Lane, Settled, StoreError, StoreErrorKind, Written};

/// Something to be written.
#[derive(Debug)]
pub(super) enum Job {
    /// A unit.
    Write(Box<Work>, Owed<Option<Vec<Written>>>),
    /// Anything else.
    Errand(Errand),
    /// Do what is waiting, and end.
    Close(Owed<()>),
}

/// A job that is no unit.
#[derive(Debug)]
pub(super) enum Errand {
    /// What became of entries.
    Settle(Vec<Settled>, Owed<Vec<Lane>>),
    /// Deliver again.
    Rewind(NodeName, u64, Owed<Lane>),
    /// Tell parked entries again.
    Retry(Vec<u64>, Owed<u64>),
    /// Forget parked entries.
    Discard(Vec<u64>, Owed<u64>),
    /// Begin a new log.
    RenewLog(Owed<Arc<str>>),
    /// Park what is for nodes that have no possible name.
    Condemn(Vec<i64>, Owed<()>),
}

/// An answer that somebody waits for. It is known before the commit, and given after it.
#[derive(Debug)]
pub(super) struct Owed<T> {
    to: oneshot::Sender<Result<T, StoreError>>,
    answer: Option<Result<T, StoreError>>,
    since: Instant,
}

impl<T> Owed<T> {
    pub(super) fn new() -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (to, answered) = oneshot::channel();
        let owed = Self {
            to,
            answer: None,
            since: Instant::now(),
        };
        (owed, answered)
    }

    /// Gives it. Whoever does not wait any more does not need it.
    pub(super) fn give(self, failure: Option<&StoreError>) {
        let answer = match failure {
            Some(error) => Some(Err(error.clone())),
            None => self.answer,
        };
        if let Some(answer) = answer {
            drop(self.to.send(answer));
        }
    }

    pub(super) fn is(&mut self, answer: Result<T, StoreError>) {
        self.answer = Some(answer);
    }
}

/// Jobs that share a transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    works: Vec<Work>,
    /// One a work.
    waiting: Vec<Owed<Option<Vec<Written>>>>,
    errands: Vec<Errand>,
    bytes: usize,
    /// What the batch of before had put aside.
    aside: Option<Box<Self>>,
    /// Units whose callers still think.
    thinking: Option<Box<Self>>,
}

/// What was done, but for the commit.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Lanes that were given back.
    pub(super) released: Vec<i64>,
    /// Whether there is something new to deliver.
    pub(super) has_entries: bool,
    /// How much is left to deliver in the lanes that were settled, if any was.
    pub(super) waiting: Option<u64>,
    /// What is left to be written.
    pub(super) rest: Option<Script>,
}

impl Batch {
    pub(super) fn write(&mut self, work: Work, owed: Owed<Option<Vec<Written>>>) {
        self.bytes += work.bytes;
        self.works.push(work);
        self.waiting.push(owed);
    }

    pub(super) fn errand(&mut self, errand: Errand) {
        self.errands.push(errand);
    }

    pub(super) fn len(&self) -> usize {
        self.works.len() + self.errands.len()
    }

    /// How much memory the units take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing in it has to survive the loss of power: what is settled once more is only told once more.
    pub(super) fn is_light(&self) -> bool {
        self.works.is_empty()
            && self
                .errands
                .iter()
                .all(|errand| matches!(errand, Errand::Settle(..)))
    }

    /// Does everything, but for what is put aside. After an error all of it is still to be done.
    pub(super) async fn run(
        &mut self,
        connection: &mut dyn Connection,
        backend: &dyn Backend,
        patience: Patience,
    ) -> Result<Done, StoreError> {
        let mut done = Done::default();
        let mut held = HashSet::new();
        match patience {
            Patience::Some if self.errands.is_empty() => {}
            Patience::Some => lanes::lock(connection, &self.nodes()).await?,
            Patience::None => {
                let retried = self.retried(connection).await?;
                let mut nodes = self.nodes();
                nodes.extend(retried.iter().flat_map(|(_, nodes)| nodes.iter().cloned()));
                held = lanes::lock_free(connection, &nodes).await?;
                self.put_aside(&held, &retried);
            }
        }
        for errand in &mut self.errands {
            errand.run(connection, backend, &held, &mut done).await?;
        }
        while !self.works.is_empty() {
            let (outcomes, rest) =
                match apply(connection, &mut self.works, patience, Thinking::A_MOMENT).await? {
                    Applied::Done(outcomes, rest) => (outcomes, rest),
                    Applied::Held(places) => {
                        self.put_units_aside(&HashSet::new(), &places);
                        continue;
                    }
                };
            done.rest = Some(rest);
            done.has_entries |= self.note(outcomes);
            break;
        }
        Ok(done)
    }

    /// Notes what came of the units, and sets those apart whose callers still think. Whether there is something new to deliver.
    fn note(&mut self, outcomes: Vec<Option<Outcome>>) -> bool {
        let mut has_entries = false;
        let works = std::mem::take(&mut self.works);
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        for ((work, mut owed), outcome) in works.into_iter().zip(waiting).zip(outcomes) {
            let Some(outcome) = outcome else {
                self.thinking.get_or_insert_default().write(work, owed);
                continue;
            };
            if let Ok(Some(written)) = &outcome {
                has_entries |= written.iter().any(|written| !written.entries.is_empty());
            }
            owed.is(outcome);
            self.write(work, owed);
        }
        has_entries
    }

    /// The units whose callers still think.
    pub(super) fn take_thinking(&mut self) -> Self {
        self.thinking
            .take()
            .map_or_else(Self::default, |thinking| *thinking)
    }

    /// Of units whose callers were thinking, those that need not be waited for any longer.
    pub(super) fn take_thought_through(&mut self) -> Self {
        let mut ready = Self::default();
        let works = std::mem::take(&mut self.works);
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        for (mut work, owed) in works.into_iter().zip(waiting) {
            if work.is_thought_through() {
                ready.write(work, owed);
            } else {
                self.write(work, owed);
            }
        }
        ready
    }

    /// Puts aside what changes the lanes that others hold. What is noted of lanes is not: it is answered that they are held.
    fn put_aside(&mut self, held: &HashSet<NodeName>, retried: &[(usize, BTreeSet<NodeName>)]) {
        self.put_units_aside(held, &[]);
        let is_held = |nodes: &BTreeSet<NodeName>| nodes.iter().any(|node| held.contains(node));
        for (place, errand) in std::mem::take(&mut self.errands).into_iter().enumerate() {
            let waits = match &errand {
                Errand::Rewind(node, ..) => held.contains(node),
                _ => retried
                    .iter()
                    .any(|(retried, nodes)| *retried == place && is_held(nodes)),
            };
            if waits {
                self.aside.get_or_insert_default().errands.push(errand);
            } else {
                self.errands.push(errand);
            }
        }
    }

    /// Puts aside the units in these places and those that tell held nodes, and all that come after them and tell the same nodes.
    fn put_units_aside(&mut self, held: &HashSet<NodeName>, places: &[usize]) {
        let mut held = held.clone();
        let works = std::mem::take(&mut self.works);
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        for (place, (work, owed)) in works.into_iter().zip(waiting).enumerate() {
            let nodes = work.nodes();
            let waits = places.contains(&place) || nodes.iter().any(|node| held.contains(node));
            if waits {
                held.extend(nodes);
                let aside = self.aside.get_or_insert_default();
                aside.write(work, owed);
            } else {
                self.write(work, owed);
            }
        }
    }

    /// The nodes of the errands that retry.
    async fn retried(
        &self,
        connection: &mut dyn Connection,
    ) -> Result<Vec<(usize, BTreeSet<NodeName>)>, StoreError> {
        let mut retried = Vec::new();
        for (place, errand) in self.errands.iter().enumerate() {
            if let Errand::Retry(ids, _) = errand {
                retried.push((place, admin::nodes(connection, ids).await?));
            }
        }
        Ok(retried)
    }

    /// What was put aside.
    pub(super) fn take_aside(&mut self) -> Self {
        self.aside.take().map_or_else(Self::default, |aside| *aside)
    }

    /// Adds what was put aside from another batch.
    pub(super) fn append(&mut self, mut other: Self) {
        self.bytes += other.bytes;
        self.works.append(&mut other.works);
        self.waiting.append(&mut other.waiting);
        self.errands.append(&mut other.errands);
    }

    /// Gives up what was handed in so long ago.
    pub(super) fn give_up(&mut self, patience: Duration) {
        let error = StoreError::new(
            StoreErrorKind::Busy,
            format!(
                "others held the same node for longer than {} s: a transaction that has saved to it is still open",
                patience.as_secs_f32()
            ),
        );
        let is_late = |since: Instant| since.elapsed() >= patience;
        let mut late = Self::default();
        let works = std::mem::take(&mut self.works);
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        for (work, owed) in works.into_iter().zip(waiting) {
            if is_late(owed.since) {
                late.write(work, owed);
            } else {
                self.write(work, owed);
            }
        }
        for errand in std::mem::take(&mut self.errands) {
            if is_late(errand.since()) {
                late.errand(errand);
            } else {
                self.errand(errand);
            }
        }
        late.answer(Some(&error));
    }

    /// The nodes whose lanes it is going to change, as far as that is known before.
    fn nodes(&self) -> BTreeSet<NodeName> {
        let mut nodes: BTreeSet<NodeName> = self.works.iter().flat_map(Work::nodes).collect();
        for errand in &self.errands {
            match errand {
                Errand::Settle(settled, _) => {
                    nodes.extend(settled.iter().map(|one| one.node.clone()));
                }
                Errand::Rewind(node, ..) => nodes.extend([node.clone()]),
                Errand::Retry(..)
                | Errand::Discard(..)
                | Errand::RenewLog(_)
                | Errand::Condemn(..) => {}
            }
        }
        nodes
    }

    /// Gives all answers, or tells everybody what went wrong.
    pub(super) fn answer(self, failure: Option<&StoreError>) {
        for owed in self.waiting {
            owed.give(failure);
        }
        for errand in self.errands {
            match errand {
                Errand::Settle(_, owed) => owed.give(failure),
                Errand::Rewind(_, _, owed) => owed.give(failure),
                Errand::Retry(_, owed) | Errand::Discard(_, owed) => owed.give(failure),
                Errand::RenewLog(owed) => owed.give(failure),
                Errand::Condemn(_, owed) => owed.give(failure),
            }
        }
    }

    /// The same jobs, a batch each.
    pub(super) fn singles(self) -> impl Iterator<Item = Self> {
        let works = self
            .works
            .into_iter()
            .zip(self.waiting)
            .map(|(work, owed)| {
                let mut batch = Self::default();
                batch.write(work, owed);
                batch
            });
        let errands = self.errands.into_iter().map(|errand| {
            let mut batch = Self::default();
            batch.errand(errand);
            batch
        });
        errands.chain(works)
    }
}

impl Errand {
    fn since(&self) -> Instant {
        match self {
            Self::Settle(_, owed) => owed.since,
            Self::Rewind(_, _, owed) => owed.since,
            Self::Retry(_, owed) | Self::Discard(_, owed) => owed.since,
            Self::RenewLog(owed) => owed.since,
            Self::Condemn(_, owed) => owed.since,
        }
    }

    async fn run(
        &mut self,
        connection: &mut dyn Connection,
        backend: &dyn Backend,
        held: &HashSet<NodeName>,
        done: &mut Done,
    ) -> Result<(), StoreError> {
        let ours = Ownership(backend);
        match self {
            Self::Settle(settled, owed) => {
                let settlement = lanes::settle(connection, settled, held, &ours).await?;
                *done.waiting.get_or_insert_default() += settlement.waiting;
                done.released.extend(settlement.released);
                owed.is(Ok(settlement.kept));
            }
            Self::Rewind(node, to, owed) => {
                owed.is(Ok(lanes::rewind(connection, node, *to, &ours).await?));
            }
            Self::Retry(ids, owed) => {
                let count = admin::retry(connection, ids).await?;
                done.has_entries |= count > 0;
                owed.is(Ok(count));
            }
            Self::Discard(ids, owed) => owed.is(Ok(admin::discard(connection, ids).await?)),
            Self::RenewLog(owed) => owed.is(Ok(renew_log(connection).await?)),
            Self::Condemn(lanes, owed) => owed.is(Ok(admin::condemn(connection, lanes).await?)),
        }
        Ok(())
    }
}

/// Whose a lane is, as the database's folder knows it.
struct Ownership<'a>(&'a dyn Backend);

impl Ours for Ownership<'_> {
    fn is_ours(&self, lane: &Stored) -> bool {
        match self.0.owner() {
            Some(owner) => lane.owner == Some(owner),
            None => self.0.is_claimed(lane.id),
        }
    }

    fn is_in_column(&self) -> bool {
        self.0.owner().is_some()
    }
}
