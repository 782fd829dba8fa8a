//! Who hears of a node of an account without a subscription, because the client has said that it wants to (XEP-0163 §4, XEP-0060 §9).

use std::collections::HashSet;
use std::sync::Arc;

use super::publish::last_item;
use crate::service::node::{Node, bare_of};
use crate::service::options::SendLast;
use crate::service::personal;
use crate::service::relations::Relations;
use crate::service::vocabulary::{Audience, Context, Notification};

/// Their full JIDs, without those that are told because they are subscribed.
pub(super) fn listeners(relations: &dyn Relations, node: &Node) -> Vec<Arc<str>> {
    let Some((owner, name)) = personal::split(&node.name) else {
        return Vec::new();
    };
    let mut listeners = relations.listeners(owner, name, &node.config, &node.affiliations);
    listeners.retain(|full| {
        let by_account = node.subscriptions_at(bare_of(full));
        by_account
            .chain(node.subscriptions_at(full))
            .next()
            .is_none()
    });
    listeners
}

/// The newest item for those to whom the node is open after a change and was not before (XEP-0060 §12.2).
pub(super) fn news_for_newcomers(
    context: &Context<'_>,
    node: &Node,
    after: &Node,
) -> Option<Notification> {
    let is_due = after.config.send_last == SendLast::OnSubscriptionAndPresence
        && after.config.persist_items == node.config.persist_items;
    if !is_due || personal::split(&node.name).is_none() {
        return None;
    }
    let newest = node.items.newest()?;
    if after.has_expired(newest, context.now) {
        return None;
    }
    let known: HashSet<Arc<str>> = listeners(context.relations, node).into_iter().collect();
    let mut newcomers = listeners(context.relations, after);
    newcomers.retain(|full| !known.contains(full));
    let first = newcomers.first()?;
    Some(Notification {
        config: after.config.clone(),
        audience: Audience::These(newcomers.clone()),
        ..last_item(node, first)?
    })
}
