//! Read and change the configuration of a node (XEP-0060 §8.2). A change that shrinks what the node may hold takes effect at once.

use std::sync::Arc;

use super::authorize::Changes;
use super::listening::news_for_newcomers;
use crate::service::Service;
use crate::service::access::{Action, require};
use crate::service::error::ServiceError;
use crate::service::node::capacity;
use crate::service::options::Field;
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Context, Notification, Outcome, Reply, Write,
};

pub(super) fn show(service: &Service, actor: &Actor, name: &str) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    Ok(Outcome::answer(Reply::Configuration {
        node: node.name.clone(),
        config: node.config.clone(),
    }))
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    form: &[Field<'_>],
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let config = Arc::new(node.config.with(form)?);
    let mut writes = vec![Write::ConfigureNode {
        node: node.name.clone(),
        config: config.clone(),
    }];
    let after = node.configured(config.clone());
    let mut following = Changes::following(context.relations, node, &after);
    writes.append(&mut following.writes);
    if config.persist_items {
        let surplus = node
            .items
            .len()
            .saturating_sub(capacity(&config, service.rules.max_items));
        writes.extend(
            node.items
                .iter()
                .take(surplus)
                .map(|item| Write::RemoveItem {
                    node: node.name.clone(),
                    item: item.id.clone(),
                }),
        );
        if !node.config.persist_items {
            // What the node had for newcomers is kept from now on.
            writes.extend(node.items.iter().skip(surplus).map(|item| Write::PutItem {
                node: node.name.clone(),
                item: item.clone(),
                is_durable: true,
            }));
        }
    } else if node.items.len() > 0 {
        writes.push(Write::RemoveItems {
            node: node.name.clone(),
            is_durable: node.config.persist_items,
        });
    }
    let mut notifications = following.notifications;
    notifications.extend(news_for_newcomers(context, node, &after));
    if config.notify_config {
        notifications.push(Notification {
            node: node.name.clone(),
            config,
            announcement: Announcement::Configured,
            audience: Audience::Subscribers,
        });
    }
    Ok(Outcome {
        writes,
        reply: Reply::Done,
        notifications,
    })
}
