//! Remove all items of a node (XEP-0060 §8.5); subscribers hear of it if the node notifies of retractions.

use crate::service::Service;
use crate::service::access::{Action, require};
use crate::service::error::ServiceError;
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Notification, Outcome, Reply, Write,
};

pub(super) fn decide(
    service: &Service,
    actor: &Actor,
    name: &str,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Purge)?;
    if !node.config.persist_items {
        return Err(ServiceError::NotPersistent {
            node: node.name.clone(),
        });
    }
    let notifications = if node.config.notify_retract {
        vec![Notification {
            node: node.name.clone(),
            config: node.config.clone(),
            announcement: Announcement::Purged,
            audience: Audience::Subscribers,
        }]
    } else {
        Vec::new()
    };
    Ok(Outcome {
        writes: vec![Write::RemoveItems {
            node: node.name.clone(),
            is_durable: true,
        }],
        reply: Reply::Done,
        notifications,
    })
}
