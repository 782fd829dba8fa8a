//! What is known about nodes while it matters: which have been published to on this stream, and which have their
//! publishes held back, in order, until something about the node is settled.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use tokio::time::Instant;

use super::pending::Pending;
use super::queue::companions;
use crate::NodeName;

/// More nodes than this are not remembered at once; a forgotten one costs one more request.
const MOST_KNOWN: usize = 65_536;

/// The publishes of one node that must wait, by the order of their calls.
#[derive(Debug, Default)]
struct Held {
    waiting: VecDeque<Pending>,
    is_being_created: bool,
    /// Nothing is settled any more: those that wait may go when this order's turn has come.
    turn: Option<u64>,
}

impl Held {
    fn add(&mut self, pending: Pending) {
        // Nearly always the latest; only one that comes back is not.
        let place = self
            .waiting
            .iter()
            .rposition(|other| other.order < pending.order);
        self.waiting
            .insert(place.map_or(0, |place| place + 1), pending);
    }
}

#[derive(Debug, Default)]
pub(super) struct Nodes {
    held: HashMap<NodeName, Held>,
    /// The nodes whose turn it will be, by the order of their first call. One that was released meanwhile is still among them.
    turns: BTreeMap<u64, NodeName>,
    known: HashSet<NodeName>,
    /// Nodes of models that have been made on this stream, or were there.
    settled: HashSet<NodeName>,
}

impl Nodes {
    /// Whether this is the first publish to the node on this stream; the next one is not.
    pub(super) fn is_new(&mut self, node: &NodeName) -> bool {
        if self.known.contains(node) {
            return false;
        }
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(node.clone())
    }

    /// The node may be gone, or was never there.
    pub(super) fn forget(&mut self, node: &NodeName) {
        self.settled.remove(node);
        self.known.remove(node);
    }

    /// Whether the node of a model has yet to be made on this stream; from now on it has not. A program has as many as it has models.
    pub(super) fn is_unsettled(&mut self, node: &NodeName) -> bool {
        !self.settled.contains(node) && self.settled.insert(node.clone())
    }

    /// The node of a model was not made.
    pub(super) fn unsettle(&mut self, node: &NodeName) {
        self.settled.remove(node);
    }

    /// Nothing is known of a new stream.
    pub(super) fn forget_all(&mut self) {
        self.settled.clear();
        self.known.clear();
    }

    /// Holds back a change of a held node; hands out any other.
    pub(super) fn admit(&mut self, pending: Pending) -> Option<Pending> {
        if self.held.is_empty() {
            return Some(pending);
        }
        match pending
            .changed_node()
            .and_then(|node| self.held.get_mut(node))
        {
            Some(held) => {
                held.add(pending);
                None
            }
            None => Some(pending),
        }
    }

    /// From now on holds back every change of the node.
    pub(super) fn hold(&mut self, node: &NodeName) {
        self.held.entry(node.clone()).or_default().turn = None;
    }

    /// What was to be settled is: those that wait may go, each in its turn.
    pub(super) fn free(&mut self, node: &NodeName) {
        let held = self.held.get_mut(node);
        let Some(held) = held.filter(|held| !held.is_being_created) else {
            return;
        };
        if let Some(first) = held.waiting.front() {
            held.turn = Some(first.order);
            self.turns.insert(first.order, node.clone());
        } else {
            self.held.remove(node);
        }
    }

    /// The order of the call whose turn it is among them.
    pub(super) fn next_turn(&self) -> Option<u64> {
        self.turns.first_key_value().map(|(order, _)| *order)
    }

    /// Takes the change whose turn it is; `None` if it is gone.
    pub(super) fn take_turn(&mut self) -> Option<Pending> {
        let (order, node) = self.turns.pop_first()?;
        let held = self.held.get_mut(&node)?;
        if held.turn.take_if(|turn| *turn == order).is_none() || held.is_being_created {
            return None;
        }
        let next = held.waiting.pop_front();
        if next.as_ref().is_none_or(Pending::is_abandoned) {
            self.free(&node);
            return None;
        }
        next
    }

    /// Takes the publishes that wait right behind `first` and can go with it; `None` if the node is not held.
    pub(super) fn companions(&mut self, first: &Pending) -> Option<Vec<Pending>> {
        let held = self.held.get_mut(first.changed_node()?)?;
        Some(companions(&mut held.waiting, first))
    }

    /// Holds back a publish that found no node. Whether the node is to be created now.
    pub(super) fn hold_for_creation(&mut self, node: &NodeName, pending: Pending) -> bool {
        let held = self.held.entry(node.clone()).or_default();
        held.add(pending);
        !std::mem::replace(&mut held.is_being_created, true)
    }

    /// Whether publishes of the node wait for its creation.
    pub(super) fn is_being_created(&self, node: &NodeName) -> bool {
        self.held
            .get(node)
            .is_some_and(|held| held.is_being_created)
    }

    /// Holds the node no longer; takes what waited, in order.
    pub(super) fn release(&mut self, node: &NodeName) -> VecDeque<Pending> {
        self.held.remove(node).unwrap_or_default().waiting
    }

    /// Holds nothing any longer; takes everything that waited.
    pub(super) fn release_all(&mut self) -> Vec<Pending> {
        self.turns.clear();
        self.held
            .drain()
            .flat_map(|(_, held)| held.waiting)
            .collect()
    }

    pub(super) fn is_holding(&self) -> bool {
        self.held.values().any(|held| !held.waiting.is_empty())
    }

    /// When the first of those held was called.
    pub(super) fn first_call(&self) -> Option<Instant> {
        let firsts = self.held.values().filter_map(|held| held.waiting.front());
        firsts.map(|pending| pending.called).min()
    }

    /// Takes those that were called at `limit` or before.
    pub(super) fn take_older(&mut self, limit: Instant) -> Vec<Pending> {
        let mut older = Vec::new();
        for held in self.held.values_mut() {
            while let Some(pending) = held.waiting.pop_front_if(|first| first.called <= limit) {
                older.push(pending);
            }
        }
        older
    }

    /// Takes those of these nodes that wait.
    pub(super) fn take_changes_of(&mut self, nodes: &HashSet<NodeName>) -> Vec<Pending> {
        let held = nodes.iter().filter_map(|node| {
            self.held
                .get_mut(node)
                .map(|held| held.waiting.drain(..).collect::<Vec<_>>())
        });
        held.flatten().collect()
    }
}
