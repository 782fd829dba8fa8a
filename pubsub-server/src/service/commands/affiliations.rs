//! The owner's view of the affiliations of a node: list and change them, all or none (XEP-0060 §8.9). A node keeps at least one owner, and
//! who may no longer read loses the subscription.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;

use super::authorize::Changes;
use super::listening::news_for_newcomers;
use crate::service::Service;
use crate::service::access::{Action, Affiliation, require};
use crate::service::error::{Entries, ServiceError};
use crate::service::paging::List;
use crate::service::vocabulary::{Actor, Context, Outcome, Page, Reply, Write};

pub(super) fn list(
    service: &Service,
    actor: &Actor,
    name: &str,
    asked: Option<&Page<'_>>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let held = &node.affiliations;
    let all = List {
        count: held.len(),
        after: &|jid| {
            let start = jid.map_or(Bound::Unbounded, Bound::Excluded);
            Box::new(held.range::<_, str>((start, Bound::Unbounded)))
        },
        before: &|jid| {
            let end = jid.map_or(Bound::Unbounded, Bound::Excluded);
            Box::new(held.range::<_, str>((Bound::Unbounded, end)).rev())
        },
        id: |(jid, _)| (*jid).clone(),
        size: |(jid, _)| jid.len(),
    };
    let (list, page) = all.page(&service.rules, asked);
    let list = list.iter().map(|(jid, held)| ((*jid).clone(), **held));
    Ok(Outcome::answer(Reply::Affiliations {
        node: node.name.clone(),
        list: list.collect(),
        page,
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
    let jids: HashSet<&Arc<str>> = changes.iter().map(|(jid, _)| jid).collect();
    if jids.len() < changes.len() {
        return Err(ServiceError::BadRequest {
            reason: "one request names the same account twice",
        });
    }
    // None is made, so all are named (§8.9.2.4).
    let refuse = |cause: ServiceError| ServiceError::Unchanged {
        cause: Box::new(cause),
        node: node.name.clone(),
        entries: Entries::Affiliations(
            changes
                .iter()
                .map(|(jid, _)| (jid.clone(), node.affiliation(jid)))
                .collect(),
        ),
    };
    let mut after = node.configured(node.config.clone());
    let held = &mut after.affiliations;
    for (jid, affiliation) in changes {
        if *affiliation == Affiliation::None {
            held.remove(jid);
        } else {
            held.insert(jid.clone(), *affiliation);
        }
    }
    if after.owners().next().is_none() {
        return Err(refuse(ServiceError::LastOwner {
            node: node.name.clone(),
        }));
    }
    if after.affiliations.len() > service.rules.max_affiliations {
        return Err(refuse(ServiceError::TooManyAffiliations {
            node: node.name.clone(),
            limit: service.rules.max_affiliations,
        }));
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
    let mut notifications = following.notifications;
    notifications.extend(news_for_newcomers(context, node, &after));
    Ok(Outcome {
        writes,
        reply: Reply::Done,
        notifications,
    })
}
