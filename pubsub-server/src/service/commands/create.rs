//! Create a node, named or instant, with or without a configuration (XEP-0060 §8.1); publishing to a missing node comes here too.

use std::sync::Arc;

use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::options::{Field, NodeConfig};
use crate::service::vocabulary::{Actor, Context, Outcome, Reply, Write};

/// The longest name of a node and id of an item, in bytes.
pub(super) const LONGEST_NAME: usize = 1023;

pub(super) fn decide(
    service: &Service,
    context: &Context,
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
    let config = Arc::new(service.rules.defaults.with(form)?);
    let write = creation(service, context, actor, &name, config)?;
    Ok(Outcome {
        writes: vec![write],
        reply: Reply::Created { node: name },
        notifications: Vec::new(),
    })
}

/// The write that creates a node, if the actor may and there is room.
pub(super) fn creation(
    service: &Service,
    context: &Context,
    actor: &Actor,
    name: &Arc<str>,
    config: Arc<NodeConfig>,
) -> Result<Write, ServiceError> {
    check_name("node", name)?;
    if actor.is_anonymous && !service.rules.anonymous_may_create {
        return Err(ServiceError::CreationForbidden { node: name.clone() });
    }
    if context.nodes_left == 0 {
        return Err(ServiceError::MaxNodesExceeded {
            limit: service.rules.max_nodes,
        });
    }
    Ok(Write::CreateNode {
        node: name.clone(),
        config,
        creator: actor.bare.clone(),
        created: context.now,
    })
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
