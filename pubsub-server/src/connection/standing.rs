//! What an account has at the service: its subscriptions (XEP-0060 §5.6) and affiliations (§5.7), at one node or all, in pages (XEP-0059).

use std::sync::Arc;

use super::pubsub::called;
use crate::broker::Broker;
use crate::router::Peer;
use crate::service::access::Affiliation;
use crate::service::error::ServiceError;
use crate::service::paging::{Entries, List};
use crate::service::personal;
use crate::service::vocabulary::{Page, PageStart};
use crate::wire::reply;

/// At which nodes.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The account whose nodes are asked for; None: the service's own.
    pub(super) owner: Option<&'s str>,
    pub(super) node: Option<&'s str>,
}

impl Scope<'_> {
    fn has(self, name: &str) -> bool {
        personal::owner(name) == self.owner
            && self.node.is_none_or(|asked| personal::shown(name) == asked)
    }
}

/// Writes the subscriptions, and what is awaited.
pub(super) fn write_subscriptions(
    broker: &Broker,
    peer: &Peer,
    scope: Scope<'_>,
    asked: Option<&Page<'_>>,
    out: &mut String,
) -> Result<(), ServiceError> {
    let bare = &peer.actor.bare;
    let mut list = broker.survey(bare, |node, found| {
        if scope.has(&node.name) {
            found.extend(node.subscriptions_of(bare).map(|one| {
                let known = (node.name.clone(), one.jid.clone(), one.id.clone());
                (known, one.terms.state.as_str())
            }));
        }
    });
    if scope.node.is_none() && scope.owner.is_none() {
        let awaited = broker.awaited(bare).into_iter();
        list.extend(awaited.map(|known| (known, "pending")));
    }
    list.sort_unstable();
    // A subscription id is unique, so it says where a page begins.
    let position = match asked.map(|page| &page.from) {
        Some(PageStart::After(id) | PageStart::Before(id)) => {
            let position = list.iter().position(|((_, _, own), _)| **own == **id);
            Some(position.ok_or(ServiceError::NotOnTheList)?)
        }
        _ => None,
    };
    let (list, info) = List {
        count: list.len(),
        after: &|id| -> Entries<'_, _> {
            let start = id.and(position).map_or(0, |position| position + 1);
            Box::new(list.iter().skip(start))
        },
        before: &|id| -> Entries<'_, _> {
            let end = id.and(position).unwrap_or(list.len());
            Box::new(list.iter().take(end).rev())
        },
        id: |((_, _, id), _)| id.clone(),
        size: |((node, jid, id), _)| node.len() + jid.len() + id.len(),
    }
    .page(&broker.rules, asked);
    let list = list
        .iter()
        .map(|((node, jid, id), state)| (&**node, &**jid, &**id, *state));
    reply::write_own_subscriptions(out, scope.node, list, info.as_ref());
    Ok(())
}

/// Writes the affiliations.
pub(super) fn write_affiliations(
    broker: &Broker,
    peer: &Peer,
    scope: Scope<'_>,
    asked: Option<&Page<'_>>,
    out: &mut String,
) {
    let bare = &peer.actor.bare;
    let mut list: Vec<(Arc<str>, Affiliation)> = broker.survey(bare, |node, found| {
        let affiliation = node.affiliation(bare);
        if affiliation != Affiliation::None && scope.has(&node.name) {
            found.push((node.name.clone(), affiliation));
        }
    });
    list.sort_unstable();
    let (list, info) = List {
        count: list.len(),
        after: &|name| -> Entries<'_, _> {
            let start = name.map_or(0, |name| {
                let name = called(scope.owner, name);
                list.partition_point(|(other, _)| **other <= *name)
            });
            Box::new(list.iter().skip(start))
        },
        before: &|name| -> Entries<'_, _> {
            let end = name.map_or(list.len(), |name| {
                let name = called(scope.owner, name);
                list.partition_point(|(other, _)| **other < *name)
            });
            Box::new(list.iter().take(end).rev())
        },
        id: |(name, _)| personal::shown(name).into(),
        size: |(name, _)| name.len(),
    }
    .page(&broker.rules, asked);
    let list = list
        .iter()
        .map(|(node, affiliation)| (&**node, affiliation.as_str()));
    reply::write_own_affiliations(out, scope.node, list, info.as_ref());
}
