//! Publish one item or several, all or none (XEP-0060 §7.1): preconditions, creation of a missing node, and what must go to make room.

use std::collections::HashSet;
use std::sync::Arc;

use super::create;
use crate::service::access::{Action, require};
use crate::service::error::ServiceError;
use crate::service::node::{Item, Node, capacity};
use crate::service::options::{Field, NodeConfig, SendLast};
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Context, NewItem, Notification, Outcome, Reply, Write,
};
use crate::service::{Service, weight};

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    new_items: &[NewItem<'_>],
    options: &[Field<'_>],
) -> Result<Outcome, ServiceError> {
    let mut writes = Vec::new();
    let mut notifications = Vec::new();
    let mut created = 0;
    let node = service.node(name);
    let (name, config) = if let Some(node) = node {
        require(node, &actor.bare, Action::Publish)?;
        meet(node, options)?;
        (node.name.clone(), node.config.clone())
    } else {
        let name: Arc<str> = name.into();
        let config = Arc::new(service.defaults(&name).with(options).map_err(|error| {
            ServiceError::PreconditionNotMet {
                node: name.clone(),
                fields: error.to_string(),
            }
        })?);
        let creation = create::creation(service, context, actor, &name, config.clone())?;
        created = service.growth(&creation.writes);
        writes = creation.writes;
        notifications = creation.notifications;
        (name, config)
    };
    let items = accept(service, context, actor, &name, &config, new_items)?;
    let mut puts: Vec<Write> = Vec::new();
    let mut freed = 0;
    if config.persist_items {
        freed = make_room(service, &name, &config, node, &items, &mut writes)?;
        puts.extend(items.iter().map(|item| put(&name, item, true)));
    } else if config.send_last != SendLast::Never
        && let Some(last) = items.last()
    {
        // A node that keeps nothing still owes newcomers its latest item.
        freed = node.map_or(0, |node| node.items.bytes());
        writes.push(Write::RemoveItems {
            node: name.clone(),
            is_durable: false,
        });
        puts.push(put(&name, last, false));
    }
    let items_growth: usize = match puts.as_slice() {
        [] => 0,
        [_] => items.last().map_or(0, |item| weight::of_item(item)),
        _ => items.iter().map(|item| weight::of_item(item)).sum(),
    };
    if created + items_growth.saturating_sub(freed) > context.bytes_left {
        return Err(ServiceError::StorageFull {
            limit: service.rules.max_stored,
        });
    }
    writes.append(&mut puts);
    notifications.push(Notification {
        node: name.clone(),
        config,
        announcement: Announcement::Published {
            items: items.clone(),
            is_late: false,
        },
        audience: Audience::Subscribers,
    });
    Ok(Outcome {
        writes,
        reply: Reply::Published { node: name, items },
        notifications,
    })
}

/// The newest item as a notification to one subscriber, if the node has one (XEP-0060 §6.1.7).
pub(crate) fn last_item(node: &Node, jid: &Arc<str>) -> Option<Notification> {
    if !node.config.deliver_notifications {
        return None;
    }
    let newest = node.items.newest()?.clone();
    Some(Notification {
        node: node.name.clone(),
        config: node.config.clone(),
        announcement: Announcement::Published {
            items: Arc::from([newest]),
            is_late: true,
        },
        audience: Audience::These(vec![jid.clone()]),
    })
}

/// XEP-0060 §7.1.5: publish-options are preconditions; the refusal names each field that fails.
fn meet(node: &Node, options: &[Field<'_>]) -> Result<(), ServiceError> {
    if options.is_empty() {
        return Ok(());
    }
    let unmet = node.config.unmet(options);
    if unmet.is_empty() {
        return Ok(());
    }
    Err(ServiceError::PreconditionNotMet {
        node: node.name.clone(),
        fields: unmet.join("; "),
    })
}

fn accept(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &Arc<str>,
    config: &NodeConfig,
    new_items: &[NewItem<'_>],
) -> Result<Arc<[Arc<Item>]>, ServiceError> {
    let needs_payload = config.deliver_payloads;
    let needs_item = needs_payload || config.persist_items;
    if new_items.is_empty() && needs_item {
        return Err(ServiceError::ItemRequired);
    }
    let limit = match config.max_payload_size {
        0 => service.rules.max_payload,
        size => size.min(service.rules.max_payload),
    };
    let accept_one = |(index, new): (usize, &NewItem<'_>)| {
        let size = new.payload.len();
        if !needs_item {
            return Err(ServiceError::ItemForbidden { node: name.clone() });
        }
        if needs_payload && new.payload_elements == 0 {
            return Err(ServiceError::PayloadRequired { node: name.clone() });
        }
        if new.payload_elements > 1 {
            return Err(ServiceError::InvalidPayload);
        }
        if size > limit {
            return Err(ServiceError::PayloadTooBig {
                node: name.clone(),
                size,
                limit,
            });
        }
        let id = match &new.id {
            Some(id) => {
                create::check_name("item", id)?;
                Arc::from(id.as_ref())
            }
            None => context.fresh_name(index),
        };
        Ok(Arc::new(Item {
            id,
            publisher: actor.bare.clone(),
            payload: Arc::from(new.payload.as_ref()),
            published: context.now,
        }))
    };
    let items: Arc<[Arc<Item>]> = new_items
        .iter()
        .enumerate()
        .map(accept_one)
        .collect::<Result<_, _>>()?;
    if items.len() > 1 {
        let ids: HashSet<&str> = items.iter().map(|item| &*item.id).collect();
        if ids.len() < items.len() {
            return Err(ServiceError::BadRequest {
                reason: "one publish names the same item twice",
            });
        }
    }
    Ok(items)
}

/// Removes the oldest items beyond what the node keeps, and refuses what would not fit at all. Returns the bytes that become free.
fn make_room(
    service: &Service,
    name: &Arc<str>,
    config: &NodeConfig,
    node: Option<&Node>,
    items: &[Arc<Item>],
    writes: &mut Vec<Write>,
) -> Result<usize, ServiceError> {
    let limit = capacity(config, service.rules.max_items);
    if items.len() > limit {
        return Err(ServiceError::MaxItemsExceeded {
            node: name.clone(),
            count: items.len(),
            limit,
        });
    }
    let Some(node) = node else { return Ok(0) };
    let replaced = items.iter().filter_map(|item| node.items.find(&item.id));
    let mut freed = replaced.clone().map(|old| weight::of_item(old)).sum();
    let kept = node.items.len().saturating_sub(replaced.count());
    let surplus = (kept + items.len()).saturating_sub(limit);
    if surplus > 0 {
        let new: HashSet<&str> = items.iter().map(|item| &*item.id).collect();
        let oldest = node.items.iter().filter(|old| !new.contains(&*old.id));
        for old in oldest.take(surplus) {
            freed += weight::of_item(old);
            writes.push(Write::RemoveItem {
                node: name.clone(),
                item: old.id.clone(),
            });
        }
    }
    Ok(freed)
}

fn put(node: &Arc<str>, item: &Arc<Item>, is_durable: bool) -> Write {
    Write::PutItem {
        node: node.clone(),
        item: item.clone(),
        is_durable,
    }
}
