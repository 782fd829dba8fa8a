//! End one's own subscription (XEP-0060 §6.2). A JID has at most one at a node, so the subid is checked only if it is given.

use std::sync::Arc;

use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::node::bare_of;
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
        return Err(ServiceError::InvalidJid);
    }
    let node = service.require_node(name)?;
    let Some(present) = node.subscriptions.get(jid) else {
        return Err(ServiceError::NotSubscribed {
            node: node.name.clone(),
            jid: jid.clone(),
        });
    };
    if subscription.is_some_and(|asked| asked != &**present) {
        return Err(ServiceError::InvalidSubscriptionId {
            node: node.name.clone(),
            jid: jid.clone(),
        });
    }
    let write = Write::Unsubscribe {
        node: node.name.clone(),
        jid: jid.clone(),
        is_durable: !actor.is_anonymous,
    };
    Ok(Outcome {
        writes: vec![write],
        reply: Reply::Done,
        notifications: Vec::new(),
    })
}
