//! End one's own subscription, or the wish for one (XEP-0060 §6.2). Where a JID has several at a node, the subid says which.

use std::sync::Arc;

use super::authorize::tell_owners;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::node::{Node, bare_of};
use crate::service::terms::Subscription;
use crate::service::vocabulary::{Actor, Outcome, Reply, Write};

pub(super) fn decide(
    service: &Service,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
    subscription: Option<&str>,
) -> Result<Outcome, ServiceError> {
    // Any resource of the account may end it: the one that subscribed may be gone for good.
    if bare_of(jid) != &*actor.bare {
        return Err(ServiceError::NotYours { jid: jid.clone() });
    }
    let (write, notifications) = match service.wishes().find(name, jid) {
        Some(wish) if subscription.is_some_and(|asked| asked != &*wish.subscription) => {
            return Err(ServiceError::InvalidSubscriptionId {
                node: name.into(),
                jid: jid.clone(),
            });
        }
        Some(_) => {
            let write = Write::Unawait {
                node: name.into(),
                jid: jid.clone(),
            };
            (write, None)
        }
        None => {
            let node = service.require_node(name)?;
            let found = find(node, jid, subscription)?;
            (
                node.end(found, !actor.is_anonymous),
                tell_owners(node, actor, jid, found.id, None),
            )
        }
    };
    Ok(Outcome {
        writes: vec![write],
        reply: Reply::Done,
        notifications: notifications.into_iter().collect(),
    })
}

/// The subscription of that JID which is meant.
pub(super) fn find<'n>(
    node: &'n Node,
    jid: &Arc<str>,
    subscription: Option<&str>,
) -> Result<Subscription<'n>, ServiceError> {
    let place = || (node.name.clone(), jid.clone());
    let mut all = node.subscriptions_at(jid).peekable();
    if all.peek().is_none() {
        let (node, jid) = place();
        return Err(ServiceError::NotSubscribed { node, jid });
    }
    if let Some(asked) = subscription {
        return all.find(|one| &**one.id == asked).ok_or_else(|| {
            let (node, jid) = place();
            ServiceError::InvalidSubscriptionId { node, jid }
        });
    }
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        _ => {
            let (node, jid) = place();
            Err(ServiceError::SubscriptionIdRequired { node, jid })
        }
    }
}
