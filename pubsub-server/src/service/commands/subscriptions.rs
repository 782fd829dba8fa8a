//! The owner's view of the subscriptions of a node: list and change them, all or none (XEP-0060 §8.8). Who is changed hears of it.

use std::collections::HashSet;

use super::authorize::{Changes, changed};
use super::subscribe::require_open;
use crate::service::Service;
use crate::service::access::{Action, admit, require};
use crate::service::error::{Entries, ServiceError};
use crate::service::node::{Node, bare_of};
use crate::service::paging::{List, merged};
use crate::service::terms::{Subscription, SubscriptionState};
use crate::service::vocabulary::{Actor, Context, Outcome, Page, Reply, SubscriptionChange, Write};

/// Those that are granted: who waits is for `get-pending` to show (§8.8.1.2).
pub(super) fn list(
    service: &Service,
    actor: &Actor,
    name: &str,
    asked: Option<&Page<'_>>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let is_granted = |one: &Subscription<'_>| one.terms.state == SubscriptionState::Subscribed;
    let all = List {
        count: node.subscriber_count(),
        after: &|id| Box::new(after(node, id.map(place)).filter(is_granted)),
        before: &|id| Box::new(before(node, id.map(place)).filter(is_granted)),
        id: |one| format!("{} {}", one.id, one.jid).into(),
        size: |one| one.id.len() + one.jid.len(),
    };
    let (list, page) = all.page(&service.rules, asked);
    let list = list
        .iter()
        .map(|one| (one.jid.clone(), one.id.clone(), one.terms.state));
    Ok(Outcome::answer(Reply::Subscriptions {
        node: node.name.clone(),
        list: list.collect(),
        page,
    }))
}

/// JID and subscription id of what a page names; it may be gone, its place is known all the same.
fn place(id: &str) -> (String, String) {
    let (id, jid) = id.split_once(' ').unwrap_or_default();
    (jid.to_owned(), id.to_owned())
}

fn order<'s>(one: &Subscription<'s>) -> (&'s str, &'s str) {
    (one.jid, one.id)
}

/// The subscriptions after a place, by JID and then by id.
fn after(node: &Node, place: Option<(String, String)>) -> impl Iterator<Item = Subscription<'_>> {
    let (jid, id) = place.unwrap_or_default();
    let others = node.particular.as_ref();
    let others = others.map(|others| others.starting_at(&jid));
    let plain = node.plain_from(&jid);
    let all = merged(plain, others.into_iter().flatten(), |one, other| {
        order(one) < order(other)
    });
    all.skip_while(move |one| order(one) <= (jid.as_str(), id.as_str()))
}

/// The subscriptions before a place, backwards.
fn before(node: &Node, place: Option<(String, String)>) -> impl Iterator<Item = Subscription<'_>> {
    let jid = place.as_ref().map(|(jid, _)| jid.as_str());
    let others = node.particular.as_ref().map(|others| others.ending_at(jid));
    let plain = node.plain_to(jid);
    let all = merged(plain, others.into_iter().flatten(), |one, other| {
        order(one) > order(other)
    });
    all.skip_while(move |one| {
        let place = place.as_ref();
        place.is_some_and(|(jid, id)| order(one) >= (jid.as_str(), id.as_str()))
    })
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    wanted: &[SubscriptionChange<'_>],
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    change(service, context, node, wanted).map_err(|cause| ServiceError::Unchanged {
        cause: Box::new(cause),
        node: node.name.clone(),
        entries: as_they_are(node, wanted),
    })
}

/// None is changed, so all are named (§8.8.2.4).
fn as_they_are(node: &Node, wanted: &[SubscriptionChange<'_>]) -> Entries {
    let mut entries = Vec::new();
    let mut named = HashSet::new();
    for change in wanted.iter().filter(|change| named.insert(&change.jid)) {
        let before = entries.len();
        entries.extend(node.subscriptions_at(&change.jid).map(|one| {
            let present = (one.id.clone(), one.terms.state);
            (change.jid.clone(), Some(present))
        }));
        if entries.len() == before {
            entries.push((change.jid.clone(), None));
        }
    }
    Entries::Subscriptions(entries)
}

fn change(
    service: &Service,
    context: &Context<'_>,
    node: &Node,
    wanted: &[SubscriptionChange<'_>],
) -> Result<Outcome, ServiceError> {
    if node.subscription_count() + wanted.len() > service.rules.max_subscriptions {
        return Err(ServiceError::TooManySubscriptions {
            node: node.name.clone(),
            limit: service.rules.max_subscriptions,
        });
    }
    let named: HashSet<_> = wanted
        .iter()
        .map(|one| (&one.jid, &one.subscription))
        .collect();
    if named.len() < wanted.len() {
        return Err(ServiceError::BadRequest {
            reason: "one request names the same subscription twice",
        });
    }
    let mut changes = Changes::default();
    let (mut let_in, mut ended) = (HashSet::new(), HashSet::new());
    for (index, change) in wanted.iter().enumerate() {
        let asked = change.subscription.as_deref();
        let mut present = node
            .subscriptions_at(&change.jid)
            .filter(|one| asked.is_none_or(|asked| asked == &**one.id))
            .peekable();
        if asked.is_some() && present.peek().is_none() {
            return Err(ServiceError::InvalidSubscriptionId {
                node: node.name.clone(),
                jid: change.jid.clone(),
            });
        }
        if !change.is_subscribed {
            for one in present {
                ended.insert(one.id.clone());
                changes.end(node, one);
            }
            continue;
        }
        let_in.insert(bare_of(&change.jid));
        if present.peek().is_none() {
            require_open(node)?;
            match admit(
                context.relations,
                node,
                bare_of(&change.jid),
                Action::Subscribe,
            ) {
                // An owner is the one who approves.
                Ok(()) | Err(ServiceError::ApprovalRequired { .. }) => {}
                Err(error) => return Err(error),
            }
            let subscription = context.fresh_name(index);
            changes.writes.push(Write::Subscribe {
                node: node.name.clone(),
                jid: change.jid.clone(),
                subscription: subscription.clone(),
                // Whoever subscribes a guest, it is gone after a restart.
                is_durable: !context.relations.is_guest(bare_of(&change.jid)),
            });
            let state = Some(SubscriptionState::Subscribed);
            changes
                .notifications
                .push(changed(node, &change.jid, &subscription, state));
        }
    }
    changes.let_in(node, |one| {
        let_in.contains(bare_of(one.jid)) && !ended.contains(one.id)
    });
    Ok(Outcome {
        writes: changes.writes,
        reply: Reply::Done,
        notifications: changes.notifications,
    })
}
