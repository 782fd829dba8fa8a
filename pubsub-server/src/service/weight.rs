//! What everything counts for in the total that the service bounds: the bytes of its texts, and a fixed cost for what keeping it takes besides. The
//! costs are the same everywhere and always, so that whether something fits does not depend on how memory happens to lie.

use super::Service;
use super::access::Affiliation;
use super::node::{Item, Node};
use super::options::NodeConfig;
use super::vocabulary::Write;

const NODE: usize = 512;
const ITEM: usize = 64;
const SUBSCRIPTION: usize = 128;
const AFFILIATION: usize = 64;

pub(crate) fn of_item(item: &Item) -> usize {
    ITEM + item.size()
}

pub(crate) fn of_subscription(jid: &str, id: &str) -> usize {
    SUBSCRIPTION + jid.len() + id.len()
}

pub(crate) fn of_affiliation(jid: &str) -> usize {
    AFFILIATION + jid.len()
}

pub(crate) fn of_config(config: &NodeConfig) -> usize {
    let groups: usize = config.roster_groups.iter().map(String::len).sum();
    config.title.len() + config.description.len() + config.payload_type.len() + groups
}

/// A node with all it holds.
pub(crate) fn of_node(node: &Node) -> usize {
    let affiliations = node.affiliations.keys().map(|jid| of_affiliation(jid));
    let subscriptions = node
        .all_subscriptions()
        .map(|one| of_subscription(one.jid, one.id));
    of_empty_node(&node.name, &node.config)
        + affiliations.chain(subscriptions).sum::<usize>()
        + node.items.bytes()
}

fn of_empty_node(name: &str, config: &NodeConfig) -> usize {
    NODE + name.len() + of_config(config)
}

impl Service {
    /// By how much these writes let the total grow, but for items; 0 if it shrinks.
    pub(super) fn growth(&self, writes: &[Write]) -> usize {
        let (mut more, mut less) = (0, 0);
        for write in writes {
            let node = self.node(write.node());
            match write {
                Write::CreateNode {
                    node,
                    config,
                    creator,
                    ..
                } => more += of_empty_node(node, config) + of_affiliation(creator),
                Write::ConfigureNode { config, .. } => {
                    more += of_config(config);
                    less += node.map_or(0, |node| of_config(&node.config));
                }
                Write::Subscribe {
                    jid, subscription, ..
                } => {
                    more += of_subscription(jid, subscription);
                    let present = node.and_then(|node| node.subscriptions.get(jid));
                    less += present.map_or(0, |id| of_subscription(jid, id));
                }
                Write::SubscribeOnTerms {
                    jid, subscription, ..
                } => {
                    more += of_subscription(jid, subscription);
                    let others = node.and_then(|node| node.particular.as_ref());
                    let mut present = others.into_iter().flat_map(|others| others.of(jid));
                    if present.any(|one| one.id == subscription) {
                        less += of_subscription(jid, subscription);
                    }
                }
                Write::Unsubscribe { jid, .. } => {
                    let present = node.and_then(|node| node.subscriptions.get(jid));
                    less += present.map_or(0, |id| of_subscription(jid, id));
                }
                Write::UnsubscribeOnTerms {
                    jid, subscription, ..
                } => less += of_subscription(jid, subscription),
                Write::Affiliate {
                    jid, affiliation, ..
                } => {
                    if *affiliation != Affiliation::None {
                        more += of_affiliation(jid);
                    }
                    if node.is_some_and(|node| node.affiliations.contains_key(jid)) {
                        less += of_affiliation(jid);
                    }
                }
                _ => {}
            }
        }
        usize::saturating_sub(more, less)
    }
}
