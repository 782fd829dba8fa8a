//! The owner's view of the affiliations of a node: list and change them, all or none (XEP-0060 §8.9). A node keeps at least one owner, and
//! who may no longer read loses the subscription.

use std::sync::Arc;

use super::authorize::Changes;
use crate::service::Service;
use crate::service::access::{Action, Affiliation, require};
use crate::service::error::ServiceError;
use crate::service::vocabulary::{Actor, Context, Outcome, Reply, Write};

pub(super) fn list(service: &Service, actor: &Actor, name: &str) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let list = node
        .affiliations
        .iter()
        .map(|(jid, affiliation)| (jid.clone(), *affiliation))
        .collect();
    Ok(Outcome::answer(Reply::Affiliations {
        node: node.name.clone(),
        list,
    }))
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    changes: &[(Arc<str>, Affiliation)],
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let mut after = node.configured(node.config.clone());
    for (jid, affiliation) in changes {
        if *affiliation == Affiliation::None {
            after.affiliations.remove(jid);
        } else {
            after.affiliations.insert(jid.clone(), *affiliation);
        }
    }
    if after.owners().next().is_none() {
        return Err(ServiceError::LastOwner {
            node: node.name.clone(),
        });
    }
    if after.affiliations.len() > service.rules.max_affiliations {
        return Err(ServiceError::TooManyAffiliations {
            node: node.name.clone(),
            limit: service.rules.max_affiliations,
        });
    }
    let mut writes: Vec<Write> = changes
        .iter()
        .map(|(jid, affiliation)| Write::Affiliate {
            node: node.name.clone(),
            jid: jid.clone(),
            affiliation: *affiliation,
        })
        .collect();
    let mut following = Changes::following(context.relations, node, &after);
    writes.append(&mut following.writes);
    Ok(Outcome {
        writes,
        reply: Reply::Done,
        notifications: following.notifications,
    })
}
