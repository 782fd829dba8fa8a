//! Remove named items, all or none (XEP-0060 §7.2). Who may publish may take back what is their own.

use std::borrow::Cow;
use std::sync::Arc;

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
    ids: &[Cow<'_, str>],
    notify: bool,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    if ids.is_empty() {
        return Err(ServiceError::ItemRequired);
    }
    let may_retract_any = require(node, &actor.bare, Action::RetractAny);
    if may_retract_any.is_err() {
        require(node, &actor.bare, Action::Publish)?;
    }
    if !node.config.persist_items {
        return Err(ServiceError::NotPersistent {
            node: node.name.clone(),
        });
    }
    let mut gone: Vec<Arc<str>> = Vec::with_capacity(ids.len());
    for id in ids {
        let item = node
            .items
            .find(id)
            .ok_or_else(|| ServiceError::ItemNotFound {
                node: node.name.clone(),
                item: id.as_ref().into(),
            })?;
        if item.publisher != actor.bare {
            may_retract_any.clone()?;
        }
        gone.push(item.id.clone());
    }
    let writes = gone
        .iter()
        .map(|item| Write::RemoveItem {
            node: node.name.clone(),
            item: item.clone(),
        })
        .collect();
    let notifications = if notify || node.config.notify_retract {
        vec![Notification {
            node: node.name.clone(),
            config: node.config.clone(),
            announcement: Announcement::Retracted { ids: gone },
            audience: Audience::Subscribers,
        }]
    } else {
        Vec::new()
    };
    Ok(Outcome {
        writes,
        reply: Reply::Done,
        notifications,
    })
}
