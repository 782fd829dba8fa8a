//! The pure part, played through with chance: whatever is refused, lost or called back, everything arrives and in order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::change::{Change, ChangeKind};
use crate::name::{ItemId, NodeName};
use crate::node_config::Setting;
use crate::relay::lane::Outcome;
use crate::relay::lanes::{Key, Lanes};
use crate::relay::load::Width;
use crate::relay::slot::{Slot, State};
use crate::store::{Lane, Settled, Wanted};

const NODES: usize = 3;
const WIDTH: Width = Width {
    entries: 6,
    bytes: 700,
};

/// One thing that may happen.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Something is saved: to which node, of which item.
    Save(usize, u8),
    Claim,
    Read,
    /// As much is sent as may be.
    Send,
    /// The service answers what it got first of a node.
    Answer(usize, Answer),
    /// The connection breaks; the service may have taken this many of what is under way.
    Cut(usize),
    Settle(bool),
    Wait(u16),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Through,
    Refused,
    Later,
}

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NODES;
    let answer = prop_oneof![
        6 => Just(Answer::Through),
        1 => Just(Answer::Refused),
        2 => Just(Answer::Later)
    ];
    prop_oneof![
        6 => (node.clone(), 0..4_u8).prop_map(|(node, item)| Step::Save(node, item)),
        3 => Just(Step::Claim),
        4 => Just(Step::Read),
        4 => Just(Step::Send),
        12 => (node, answer).prop_map(|(node, answer)| Step::Answer(node, answer)),
        1 => (0..8_usize).prop_map(Step::Cut),
        4 => any::<bool>().prop_map(Step::Settle),
        3 => (0..3000_u16).prop_map(Step::Wait),
    ]
}

/// A node in the outbox and at the service.
#[derive(Debug, Default)]
struct Node {
    items: Vec<u8>,
    delivered: usize,
    is_claimed: bool,
    /// What the service took, by number, repeats included.
    taken: Vec<usize>,
    /// What it refused for good.
    refused: Vec<usize>,
    parked: Vec<usize>,
}

impl Node {
    /// Whether nothing is missing of the first so many.
    fn has(&self, sequence: usize) -> bool {
        let is_newer =
            |other: &usize| *other > sequence && self.items[*other - 1] == self.items[sequence - 1];
        self.taken.contains(&sequence)
            || self.refused.contains(&sequence)
            || self.taken.iter().any(is_newer)
    }
}

struct World {
    lanes: Lanes,
    now: Instant,
    nodes: Vec<Node>,
    under_way: Vec<VecDeque<(Key, usize)>>,
}

fn name(node: usize) -> NodeName {
    NodeName::new(format!("n{node}")).unwrap()
}

fn place(name: &NodeName) -> usize {
    name.as_str()[1..].parse().unwrap()
}

impl World {
    fn new() -> Self {
        Self {
            lanes: Lanes::new(WIDTH),
            now: Instant::now(),
            nodes: (0..NODES).map(|_| Node::default()).collect(),
            under_way: vec![VecDeque::new(); NODES],
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Save(node, item) => {
                self.nodes[node].items.push(item);
                self.lanes.news(self.now);
            }
            Step::Claim => self.claim(),
            Step::Read => self.read(),
            Step::Send => self.send(),
            Step::Answer(node, answer) => self.answer(node, answer),
            Step::Cut(taken) => self.cut(taken),
            Step::Settle(works) => self.settle(works),
            Step::Wait(millis) => {
                self.now += Duration::from_millis(millis.into());
                self.lanes.wake(self.now);
            }
        }
        let load = self.lanes.load();
        assert!(load.under_way <= WIDTH.entries);
        assert_eq!(
            load.under_way,
            self.under_way.iter().map(VecDeque::len).sum::<usize>()
        );
    }

    fn claim(&mut self) {
        let mut claimed = Vec::new();
        for (place, node) in self.nodes.iter_mut().enumerate() {
            if !node.is_claimed && node.delivered < node.items.len() {
                node.is_claimed = true;
                claimed.push(lane(place, node));
            }
        }
        self.lanes.claimed(claimed, false, self.now);
    }

    fn read(&mut self) {
        if !self.lanes.is_hungry() {
            return;
        }
        for wanted in self.lanes.wanted(self.now) {
            let Wanted { node, after, most } = &wanted;
            let node = place(node);
            let after = usize::try_from(*after).unwrap();
            let items = self.nodes[node].items.iter().enumerate().skip(after);
            let slots = items
                .take(*most as usize)
                .map(|(index, item)| self.slot(node, index + 1, *item))
                .collect();
            self.lanes.read(&wanted, slots, self.now);
        }
    }

    fn slot(&self, node: usize, sequence: usize, item: u8) -> Slot {
        let item = ItemId::new(item.to_string()).unwrap();
        let change = Change {
            node: name(node),
            item: item.clone(),
            kind: ChangeKind::Retract {
                payload: None,
                notify: true,
            },
        };
        Slot {
            sequence: sequence as u64,
            item,
            setting: Setting::default(),
            bytes: 100,
            state: if self.nodes[node].parked.contains(&sequence) {
                State::Through
            } else {
                State::Waiting(change)
            },
        }
    }

    fn send(&mut self) {
        while let Some((key, sent)) = self.lanes.send(self.now) {
            let node = place(&sent.change.node);
            let sequence = usize::try_from(sent.sequence).unwrap();
            let under_way = &mut self.under_way[node];
            for earlier in 1..sequence {
                assert!(
                    self.nodes[node].has(earlier)
                        || under_way.iter().any(|(_, sent)| *sent == earlier),
                    "{sequence} of {node} overtakes {earlier}"
                );
            }
            under_way.push_back((key, sequence));
        }
    }

    fn answer(&mut self, node: usize, answer: Answer) {
        let Some((key, sequence)) = self.under_way[node].pop_front() else {
            return;
        };
        let outcome = match answer {
            // What it took once it does not refuse for good.
            Answer::Refused if !self.nodes[node].taken.contains(&sequence) => {
                self.nodes[node].refused.push(sequence);
                Outcome::Refused("no".to_owned())
            }
            Answer::Later => Outcome::Later,
            Answer::Through | Answer::Refused => {
                self.nodes[node].taken.push(sequence);
                Outcome::Through
            }
        };
        self.lanes
            .answered(key, sequence as u64, outcome, self.now, 0.5);
    }

    fn cut(&mut self, taken: usize) {
        for (node, under_way) in self.under_way.iter_mut().enumerate() {
            let taken = under_way.iter().take(taken).map(|(_, sequence)| *sequence);
            self.nodes[node].taken.extend(taken);
            under_way.clear();
        }
        self.lanes.take_back(self.now, || 0.5);
        self.lanes.end_outage(self.now);
    }

    fn settle(&mut self, works: bool) {
        let settlement = self.lanes.settle(2, self.now);
        let names: Vec<_> = settlement
            .iter()
            .map(|settled| (settled.node.clone(), settled.delivered))
            .collect();
        if !works {
            self.lanes.not_settled(&names, self.now);
            return;
        }
        let mut kept = Vec::new();
        for settled in settlement {
            let Settled {
                node,
                delivered,
                parked,
                release,
            } = settled;
            let index = place(&node);
            let node = &mut self.nodes[index];
            let delivered = usize::try_from(delivered).unwrap();
            assert!(delivered >= node.delivered && delivered <= node.items.len());
            for sequence in 1..=delivered {
                assert!(node.has(sequence), "{sequence} of {index} was forgotten");
            }
            node.delivered = delivered;
            for (sequence, _) in parked {
                let sequence = usize::try_from(sequence).unwrap();
                assert!(node.refused.contains(&sequence));
                assert!(!node.parked.contains(&sequence), "parked twice");
                node.parked.push(sequence);
            }
            if release {
                node.is_claimed = node.delivered < node.items.len();
                if node.is_claimed {
                    kept.push(lane(index, node));
                }
            }
        }
        self.lanes.settled(&names, &kept, self.now);
    }

    /// From now on everything works.
    fn finish(&mut self) {
        for _ in 0..400 {
            self.lanes.news(self.now);
            self.step(Step::Wait(1000));
            for step in [Step::Claim, Step::Read, Step::Send, Step::Settle(true)] {
                self.step(step);
            }
            for node in 0..NODES {
                while !self.under_way[node].is_empty() {
                    self.answer(node, Answer::Through);
                }
            }
        }
    }
}

fn lane(place: usize, node: &Node) -> Lane {
    Lane {
        node: name(place),
        delivered: node.delivered as u64,
        last: node.items.len() as u64,
    }
}

proptest! {
    #[test]
    fn everything_arrives_in_order_whatever_happens(
        steps in prop::collection::vec(step(), 0..400)
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.finish();
        for (place, node) in world.nodes.iter().enumerate() {
            prop_assert_eq!(node.delivered, node.items.len(), "node {}", place);
            let mut refused = node.refused.clone();
            refused.sort_unstable();
            let mut parked = node.parked.clone();
            parked.sort_unstable();
            prop_assert_eq!(refused, parked);
            // The last state of each item is the newest that was not refused.
            let mut shown = BTreeMap::new();
            for sequence in &node.taken {
                shown.insert(node.items[*sequence - 1], *sequence);
            }
            let mut newest = BTreeMap::new();
            for (index, item) in node.items.iter().enumerate() {
                if !node.refused.contains(&(index + 1)) {
                    newest.insert(*item, index + 1);
                }
            }
            prop_assert_eq!(shown, newest, "node {}", place);
        }
        prop_assert_eq!(world.lanes.load(), crate::relay::load::Load::default());
        prop_assert!(world.lanes.is_quiet());
    }

    #[test]
    fn one_refused_lane_does_not_hold_up_another(saves in 1..300_u16) {
        let mut world = World::new();
        for _ in 0..saves {
            world.step(Step::Save(0, 0));
            world.step(Step::Save(1, 1));
        }
        for _ in 0..usize::from(saves) * 4 {
            for step in [Step::Claim, Step::Read, Step::Send, Step::Settle(true)] {
                world.step(step);
            }
            world.step(Step::Answer(0, Answer::Later));
            while !world.under_way[1].is_empty() {
                world.answer(1, Answer::Through);
            }
        }
        prop_assert_eq!(world.nodes[1].taken.len(), usize::from(saves));
        prop_assert_eq!(world.nodes[0].taken.len(), 0);
    }
}
