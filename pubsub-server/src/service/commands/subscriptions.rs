//! The owner's view of the subscriptions of a node: list and change them (XEP-0060 §8.8). Who is changed hears of it.

use std::sync::Arc;

use crate::service::Service;
use crate::service::access::{Action, may_stay_subscribed, require};
use crate::service::error::ServiceError;
use crate::service::node::bare_of;
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Context, Notification, Outcome, Reply, Write,
};

pub(super) fn list(service: &Service, actor: &Actor, name: &str) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let list = node
        .subscriptions
        .iter()
        .map(|(jid, subscription)| (jid.clone(), subscription.clone()))
        .collect();
    Ok(Outcome::answer(Reply::Subscriptions {
        node: node.name.clone(),
        list,
    }))
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    changes: &[(Arc<str>, bool)],
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    if node.subscriptions.len() + changes.len() > service.rules.max_subscriptions {
        return Err(ServiceError::TooManySubscriptions {
            node: node.name.clone(),
            limit: service.rules.max_subscriptions,
        });
    }
    let mut writes = Vec::new();
    let mut notifications = Vec::new();
    for (index, (jid, is_subscribed)) in changes.iter().enumerate() {
        if node.subscriptions.contains_key(jid) == *is_subscribed {
            continue;
        }
        writes.push(if *is_subscribed {
            if !may_stay_subscribed(context.relations, node, bare_of(jid)) {
                return Err(ServiceError::ClosedNode {
                    node: node.name.clone(),
                });
            }
            Write::Subscribe {
                node: node.name.clone(),
                jid: jid.clone(),
                subscription: context.fresh_name(index),
                is_durable: true,
            }
        } else {
            Write::Unsubscribe {
                node: node.name.clone(),
                jid: jid.clone(),
                is_durable: true,
            }
        });
        notifications.push(Notification {
            node: node.name.clone(),
            config: node.config.clone(),
            announcement: Announcement::SubscriptionChanged {
                jid: jid.clone(),
                is_subscribed: *is_subscribed,
            },
            audience: Audience::These(vec![jid.clone()]),
        });
    }
    Ok(Outcome {
        writes,
        reply: Reply::Done,
        notifications,
    })
}
