//! Delete a node, with or without a redirect to its successor (XEP-0060 §8.4).

use super::listening::listeners;
use crate::service::Service;
use crate::service::access::{Action, require};
use crate::service::error::ServiceError;
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Context, Notification, Outcome, Reply, Write,
};

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    redirect: Option<&str>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let notifications = if node.config.notify_delete && node.config.deliver_notifications {
        vec![Notification {
            node: node.name.clone(),
            config: node.config.clone(),
            announcement: Announcement::Deleted {
                redirect: redirect.map(Into::into),
            },
            // The node is gone by the time this is sent, so who hears of it is named here.
            audience: Audience::These(
                node.subscribed_jids()
                    .cloned()
                    .chain(listeners(context.relations, node))
                    .collect(),
            ),
        }]
    } else {
        Vec::new()
    };
    Ok(Outcome {
        writes: vec![Write::DeleteNode {
            node: node.name.clone(),
        }],
        reply: Reply::Done,
        notifications,
    })
}
