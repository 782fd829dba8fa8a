//! The requests that wait to be sent, in the order of their calls.

use std::collections::{HashSet, VecDeque};

use tokio::time::Instant;

use super::pending::Pending;
use crate::NodeName;

/// One publish carries at most this many items, and about this many bytes of payload.
const MOST_ITEMS: usize = 64;
const MOST_BYTES: usize = 128 * 1024;

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Pending>,
    order: u64,
}

impl Queue {
    /// Adds a request that was just made.
    pub(super) fn push(&mut self, mut pending: Pending) {
        self.order += 1;
        pending.order = self.order;
        self.waiting.push_back(pending);
    }

    /// Puts back requests that were taken before, each where it belongs.
    pub(super) fn put_back(&mut self, earlier: impl Into<Vec<Pending>>) {
        let mut earlier = earlier.into();
        earlier.sort_by_key(|pending| pending.order);
        for pending in earlier.into_iter().rev() {
            if self.first().is_none_or(|first| pending.order < first.order) {
                self.waiting.push_front(pending);
                continue;
            }
            let place = self
                .waiting
                .partition_point(|other| other.order < pending.order);
            self.waiting.insert(place, pending);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Pending> {
        loop {
            let pending = self.waiting.pop_front()?;
            if !pending.is_abandoned() {
                return Some(pending);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn first(&self) -> Option<&Pending> {
        self.waiting.front()
    }

    /// When the oldest of them was called.
    pub(super) fn first_call(&self) -> Option<Instant> {
        self.first().map(|pending| pending.called)
    }

    /// Takes one that was called at `limit` or before.
    pub(super) fn pop_older(&mut self, limit: Instant) -> Option<Pending> {
        self.waiting.pop_front_if(|pending| pending.called <= limit)
    }

    /// Takes every change of these nodes.
    pub(super) fn take_changes_of(&mut self, nodes: &HashSet<NodeName>) -> Vec<Pending> {
        if !self.waiting.iter().any(|pending| changes(pending, nodes)) {
            return Vec::new();
        }
        let (taken, left) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|pending| changes(pending, nodes));
        self.waiting = left.into();
        taken
    }

    /// Takes the publishes that follow `first` immediately and can go with it.
    pub(super) fn companions(&mut self, first: &Pending) -> Vec<Pending> {
        companions(&mut self.waiting, first)
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Pending> {
        self.waiting.drain(..)
    }
}

fn changes(pending: &Pending, nodes: &HashSet<NodeName>) -> bool {
    pending
        .changed_node()
        .is_some_and(|node| nodes.contains(node))
}

/// Takes the publishes at the front that can go with `first`: same node, same wishes.
pub(super) fn companions(waiting: &mut VecDeque<Pending>, first: &Pending) -> Vec<Pending> {
    let mut companions = Vec::new();
    let Some((change, config)) = first.publication() else {
        return companions;
    };
    let mut bytes = weight(first);
    // One publish cannot carry one id twice and say which comes first.
    let mut items = HashSet::from([change.item.clone()]);
    while companions.len() + 1 < MOST_ITEMS {
        let next = waiting.pop_front_if(|next| {
            bytes += weight(next);
            let fits = bytes <= MOST_BYTES && !next.is_suspect();
            let publication = next.publication().filter(|_| fits);
            publication.is_some_and(|(other, wishes)| {
                other.node == change.node && wishes == config && !items.contains(&other.item)
            })
        });
        match next {
            Some(next) if next.is_abandoned() => {}
            Some(next) => {
                if let Some((change, _)) = next.publication() {
                    items.insert(change.item.clone());
                }
                companions.push(next);
            }
            None => break,
        }
    }
    companions
}

fn weight(pending: &Pending) -> usize {
    match &pending.task {
        super::pending::Task::Change { change, .. } => match &change.kind {
            crate::ChangeKind::Put { payload } => payload.len(),
            crate::ChangeKind::Retract { .. } => 0,
        },
        super::pending::Task::Request { request, .. } => request.body.len(),
    }
}
