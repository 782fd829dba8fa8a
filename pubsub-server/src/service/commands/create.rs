//! Create a node, named or instant, with or without a configuration (XEP-0060 §8.1); publishing to a missing node comes here too. Whoever awaited
//! the node is subscribed from its first moment on, if it lets them in.

use std::sync::Arc;

use crate::service::access::{Affiliation, may_stay_subscribed};
use crate::service::error::ServiceError;
use crate::service::node::{Affiliations, Items, Node, Subscriptions, bare_of};
use crate::service::options::{Field, NodeConfig};
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Context, Notification, Outcome, Reply, Write,
};
use crate::service::{Service, personal};

/// The longest name of a node and id of an item, in bytes.
pub(super) const LONGEST_NAME: usize = 1023;

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    node: Option<&str>,
    form: &[Field<'_>],
) -> Result<Outcome, ServiceError> {
    let name: Arc<str> = match node {
        Some(name) if service.node(name).is_some() => {
            return Err(ServiceError::NodeExists { node: name.into() });
        }
        Some(name) => name.into(),
        None => context.fresh_name(0),
    };
    let config = Arc::new(service.defaults(&name).with(form)?);
    let Creation {
        writes,
        notifications,
    } = creation(service, context, actor, &name, config)?;
    Ok(Outcome {
        writes,
        reply: Reply::Created { node: name },
        notifications,
    })
}

/// A node that comes to be, with those who awaited it.
pub(super) struct Creation {
    pub(super) writes: Vec<Write>,
    /// What became of their wishes.
    pub(super) notifications: Vec<Notification>,
}

/// How a node is created, if the actor may and there is room.
pub(super) fn creation(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &Arc<str>,
    config: Arc<NodeConfig>,
) -> Result<Creation, ServiceError> {
    check_name("node", name)?;
    // What belongs to an account comes to be by its hand only.
    if personal::owner(name).is_some_and(|owner| *owner != *actor.bare) {
        return Err(ServiceError::NodeNotFound { node: name.clone() });
    }
    if actor.is_anonymous && !service.rules.anonymous_may_create {
        return Err(ServiceError::CreationForbidden { node: name.clone() });
    }
    if context.nodes_left == 0 {
        return Err(ServiceError::MaxNodesExceeded {
            limit: service.rules.max_nodes,
        });
    }
    let limit = service.rules.max_nodes_per_account;
    if service.creators.count(&actor.bare) >= limit && !service.rules.trusted.contains(&*actor.bare)
    {
        return Err(ServiceError::TooManyNodes {
            creator: actor.bare.clone(),
            limit,
        });
    }
    let mut creation = Creation {
        writes: vec![Write::CreateNode {
            node: name.clone(),
            config: config.clone(),
            creator: actor.bare.clone(),
            created: context.now,
        }],
        notifications: Vec::new(),
    };
    let node = Node {
        name: name.clone(),
        config,
        creator: actor.bare.clone(),
        created: context.now,
        affiliations: Affiliations::from_iter([(actor.bare.clone(), Affiliation::Owner)]),
        subscriptions: Subscriptions::new(),
        particular: None,
        items: Items::default(),
    };
    creation.grant(service, context, &node);
    Ok(creation)
}

impl Creation {
    /// Subscribes those who awaited the node and may, as if they had asked right after it was created, and tells everybody who did.
    fn grant(&mut self, service: &Service, context: &Context<'_>, node: &Node) {
        let mut places = service.rules.max_subscriptions;
        for (jid, wish) in service.wishes().of_node(&node.name) {
            let is_subscribed = places > 0
                && node.config.takes_subscriptions
                && may_stay_subscribed(context.relations, node, bare_of(jid));
            if is_subscribed {
                places -= 1;
                self.writes.push(Write::Subscribe {
                    node: node.name.clone(),
                    jid: jid.clone(),
                    subscription: wish.subscription.clone(),
                    is_durable: wish.is_durable,
                });
            }
            self.notifications.push(Notification {
                node: node.name.clone(),
                config: node.config.clone(),
                announcement: Announcement::Answered {
                    jid: jid.clone(),
                    subscription: wish.subscription.clone(),
                    is_subscribed,
                },
                audience: Audience::These(vec![jid.clone()]),
            });
        }
    }
}

/// Refuses names that are empty or too long to be kept.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), ServiceError> {
    if name.is_empty() {
        return Err(ServiceError::BadName {
            reason: format!("the name of the {what} is empty"),
        });
    }
    if name.len() > LONGEST_NAME {
        return Err(ServiceError::BadName {
            reason: format!("the name of the {what} is longer than {LONGEST_NAME} bytes"),
        });
    }
    Ok(())
}
