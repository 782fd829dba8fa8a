//! Subscribe oneself, by bare JID or by one's own full JID (XEP-0060 §6.1). Subscribing again changes nothing and answers the same. Who asks to
//! await is noted where the node does not exist (`urn:pubsub:await:1`).

use std::sync::Arc;

use super::create::check_name;
use super::publish::last_item;
use crate::service::Service;
use crate::service::access::{Action, admit};
use crate::service::error::ServiceError;
use crate::service::options::SendLast;
use crate::service::vocabulary::{Actor, Context, Outcome, Reply, Write};

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
    awaits: bool,
) -> Result<Outcome, ServiceError> {
    if *jid != actor.bare && *jid != actor.full {
        return Err(ServiceError::InvalidJid);
    }
    if awaits && service.node(name).is_none() {
        return note(service, context, actor, name, jid);
    }
    let node = service.require_node(name)?;
    admit(context.relations, node, &actor.bare, Action::Subscribe)?;
    let (subscription, writes) = match node.subscriptions.get(jid) {
        Some(subscription) => (subscription.clone(), Vec::new()),
        None if node.subscriptions.len() >= service.rules.max_subscriptions => {
            return Err(ServiceError::TooManySubscriptions {
                node: node.name.clone(),
                limit: service.rules.max_subscriptions,
            });
        }
        None => {
            let subscription = context.fresh_name(0);
            let write = Write::Subscribe {
                node: node.name.clone(),
                jid: jid.clone(),
                subscription: subscription.clone(),
                is_durable: !actor.is_anonymous,
            };
            (subscription, vec![write])
        }
    };
    let notifications = match node.config.send_last {
        SendLast::Never => Vec::new(),
        SendLast::OnSubscription | SendLast::OnSubscriptionAndPresence => {
            // To the full JID that asked: its other resources did not.
            let recipient = if *jid == actor.bare { &actor.full } else { jid };
            last_item(node, recipient).into_iter().collect()
        }
    };
    let reply = Reply::Subscribed {
        node: node.name.clone(),
        jid: jid.clone(),
        subscription,
    };
    Ok(Outcome {
        writes,
        reply,
        notifications,
    })
}

/// Notes the wish to be subscribed to a node that does not exist. Whether it may be granted is known when it does.
fn note(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
) -> Result<Outcome, ServiceError> {
    check_name("node", name)?;
    let present = service.wishes().find(name, jid);
    if present.is_none() && context.wishes_left == 0 {
        return Err(ServiceError::TooManyAwaited {
            node: name.into(),
            limit: service.rules.max_awaited,
        });
    }
    let subscription = present.map_or_else(
        || context.fresh_name(0),
        |present| present.subscription.clone(),
    );
    let node: Arc<str> = name.into();
    Ok(Outcome {
        // The session that asked last is the one with which it ends.
        writes: vec![Write::Await {
            node: node.clone(),
            jid: jid.clone(),
            subscription: subscription.clone(),
            session: actor.session,
            is_durable: !actor.is_anonymous,
        }],
        reply: Reply::Pending {
            node,
            jid: jid.clone(),
            subscription,
        },
        notifications: Vec::new(),
    })
}
