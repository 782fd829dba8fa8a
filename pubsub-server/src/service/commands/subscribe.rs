//! Subscribe oneself, by bare JID or by one's own full JID (XEP-0060 §6.1). Subscribing again changes nothing and answers the same.

use std::sync::Arc;

use super::publish::last_item;
use crate::service::Service;
use crate::service::access::{Action, require};
use crate::service::error::ServiceError;
use crate::service::options::SendLast;
use crate::service::vocabulary::{Actor, Context, Outcome, Reply, Write};

pub(super) fn decide(
    service: &Service,
    context: &Context,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
) -> Result<Outcome, ServiceError> {
    if *jid != actor.bare && *jid != actor.full {
        return Err(ServiceError::InvalidJid);
    }
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Subscribe)?;
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
