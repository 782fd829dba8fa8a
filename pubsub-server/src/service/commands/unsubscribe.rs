//! End one's own subscription, or the wish for one (XEP-0060 §6.2). A JID has at most one at a node, so the subid is checked only if it is given.

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
    let wish = service.wishes().find(name, jid);
    let (node, present) = match wish {
        Some(wish) => (name.into(), Some(&wish.subscription)),
        None => {
            let node = service.require_node(name)?;
            (node.name.clone(), node.subscriptions.get(jid))
        }
    };
    let jid = jid.clone();
    let Some(present) = present else {
        return Err(ServiceError::NotSubscribed { node, jid });
    };
    if subscription.is_some_and(|asked| asked != &**present) {
        return Err(ServiceError::InvalidSubscriptionId { node, jid });
    }
    let write = if wish.is_some() {
        Write::Unawait { node, jid }
    } else {
        Write::Unsubscribe {
            node,
            jid,
            is_durable: !actor.is_anonymous,
        }
    };
    Ok(Outcome {
        writes: vec![write],
        reply: Reply::Done,
        notifications: Vec::new(),
    })
}
