//! What the broker does with the nodes of accounts besides what it does with every node (XEP-0163).

use std::sync::Arc;

use super::{Broker, now};
use crate::router::Wakes;
use crate::service::access::{Action, admit};
use crate::service::commands::last_item;
use crate::service::options::{NodeConfig, SendLast};
use crate::service::personal;
use crate::service::vocabulary::Write;

impl Broker {
    /// Sends a resource the newest items of those nodes of an account that it wants to hear of, when it becomes known that it does, or when they
    /// are opened to it (XEP-0163 §4.3.4).
    pub(crate) fn greet_with(
        &self,
        owner: &str,
        (bare, full): (&str, &Arc<str>),
        is_wanted: impl Fn(&str) -> bool,
        is_new: impl Fn(&NodeConfig) -> bool,
        wakes: &mut Wakes,
    ) {
        for name in self.shards.names_of(owner) {
            if !personal::split(&name).is_some_and(|(_, node)| is_wanted(node)) {
                continue;
            }
            let Some(mut shard) = self.shards.of(&name) else {
                continue;
            };
            let owed = shard.service.node(&name).and_then(|node| {
                let newest = node.items.newest()?;
                let is_due = node.config.send_last == SendLast::OnSubscriptionAndPresence
                    && is_new(&node.config)
                    && !node.has_expired(newest, now())
                    && admit(&*self.relations, node, bare, Action::Retrieve).is_ok();
                is_due.then(|| last_item(node, full)).flatten()
            });
            if let Some(notification) = owed {
                self.owe(&mut shard, notification, wakes);
            }
        }
    }

    /// The names of all nodes of an account, as they are called among all nodes.
    pub(crate) fn names_of(&self, owner: &str) -> Vec<Arc<str>> {
        self.shards.names_of(owner)
    }

    /// Removes all nodes of an account that is gone.
    pub(crate) fn clear_out(&self, owner: &str) {
        let mut wakes = Wakes::default();
        for node in self.shards.names_of(owner) {
            if let Some(mut shard) = self.shards.of(&node)
                && shard.service.node(&node).is_some()
            {
                self.change(
                    &mut shard,
                    vec![Write::DeleteNode { node }],
                    Vec::new(),
                    None,
                    &mut wakes,
                );
            }
        }
    }
}
