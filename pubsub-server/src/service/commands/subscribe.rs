//! Subscribe oneself, by bare JID or by one's own full JID (XEP-0060 §6.1). Subscribing again changes nothing and answers the same, or sets the
//! options that come with it; only where the service allows several subscriptions of one JID, it makes another. Where an owner has to
//! approve, the owners are asked. Who asks to await is noted where the node does not exist (`urn:pubsub:await:1`).

use std::sync::Arc;

use super::authorize::{ask, tell_owners};
use super::create::check_name;
use super::publish::last_item;
use crate::service::Service;
use crate::service::access::{Action, admit};
use crate::service::error::ServiceError;
use crate::service::node::Node;
use crate::service::options::{Field, SendLast};
use crate::service::terms::{Expiry, PLAIN, SubscriptionState, Terms};
use crate::service::vocabulary::{Actor, Context, Notification, Outcome, Reply, Write};

/// What is asked for.
pub(super) struct Wanted<'w> {
    pub(super) jid: &'w Arc<str>,
    /// Whether a node that does not exist is awaited.
    pub(super) awaits: bool,
    pub(super) form: &'w [Field<'w>],
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    wanted: &Wanted<'_>,
) -> Result<Outcome, ServiceError> {
    let jid = wanted.jid;
    if *jid != actor.bare && *jid != actor.full {
        return Err(ServiceError::InvalidJid);
    }
    if wanted.awaits && service.node(name).is_none() {
        return note(service, context, actor, name, jid);
    }
    let node = service.require_node(name)?;
    let state = match admit(context.relations, node, &actor.bare, Action::Subscribe) {
        Ok(()) => SubscriptionState::Subscribed,
        Err(ServiceError::ApprovalRequired { .. }) => SubscriptionState::Pending,
        Err(error) => return Err(error),
    };
    let mut present = node.subscriptions_at(jid);
    let present = present.next();
    if present.is_some_and(|one| one.terms.state == SubscriptionState::Pending) {
        return Err(ServiceError::PendingSubscription {
            node: node.name.clone(),
            jid: jid.clone(),
        });
    }
    let present = present.filter(|_| !service.rules.multi_subscribe);
    let before = present.map_or(&PLAIN, |one| one.terms);
    let mut terms = before.with(wanted.form)?;
    terms.is_kept = !actor.is_anonymous;
    if present.is_none() {
        require_open(node)?;
        terms.state = state;
        if node.config.tempsub && terms.expire == Expiry::Never {
            terms.expire = Expiry::Presence;
        }
        if node.subscription_count() >= service.rules.max_subscriptions {
            return Err(ServiceError::TooManySubscriptions {
                node: node.name.clone(),
                limit: service.rules.max_subscriptions,
            });
        }
    }
    check_expiry(context, &terms)?;
    let subscription = present.map_or_else(|| context.fresh_name(0), |one| one.id.clone());
    let writes = if present.is_some_and(|one| *one.terms == terms) {
        Vec::new()
    } else {
        // One that is there already keeps its place.
        let is_first = node.subscriptions_at(jid).next().is_none();
        if is_first || present.is_some() {
            node.stand(jid, &subscription, present, terms.clone())
        } else {
            vec![Write::SubscribeOnTerms {
                node: node.name.clone(),
                jid: jid.clone(),
                subscription: subscription.clone(),
                terms: Arc::new(terms.clone()),
            }]
        }
    };
    let mut notifications = Vec::new();
    if state == SubscriptionState::Pending && present.is_none() {
        notifications.push(ask(node, jid, &subscription));
    } else {
        if present.is_none() {
            notifications.extend(tell_owners(node, actor, jid, &subscription, Some(state)));
        }
        notifications.extend(greeting(node, actor, jid));
    }
    Ok(Outcome {
        writes,
        reply: Reply::Subscribed {
            node: node.name.clone(),
            jid: jid.clone(),
            subscription,
            state: terms.state,
            terms: (!wanted.form.is_empty()).then(|| Arc::new(terms)),
        },
        notifications,
    })
}

/// Refuses where nobody may subscribe any more (§6.1.3.10).
pub(super) fn require_open(node: &Node) -> Result<(), ServiceError> {
    if node.config.takes_subscriptions {
        return Ok(());
    }
    Err(ServiceError::SubscriptionsClosed {
        node: node.name.clone(),
    })
}

/// The newest item for somebody who has just been subscribed.
fn greeting(node: &Node, actor: &Actor, jid: &Arc<str>) -> Option<Notification> {
    match node.config.send_last {
        SendLast::Never => None,
        SendLast::OnSubscription | SendLast::OnSubscriptionAndPresence => {
            // To the full JID that asked: its other resources did not.
            let recipient = if *jid == actor.bare { &actor.full } else { jid };
            last_item(node, recipient)
        }
    }
}

/// Refuses an end that has passed.
pub(super) fn check_expiry(context: &Context<'_>, terms: &Terms) -> Result<(), ServiceError> {
    match terms.expire {
        Expiry::At(moment) if moment <= context.now => {
            Err(ServiceError::InvalidSubscriptionOption {
                reason: "pubsub#expire has passed already; write a moment to come".to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// Notes the wish to be subscribed to a node that does not exist. Whether it may be granted is known when it does.
fn note(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
) -> Result<Outcome, ServiceError> {
    check_name("node", name)?;
    let present = service.wishes().find(name, jid);
    if present.is_none() && context.wishes_left == 0 {
        return Err(ServiceError::TooManyAwaited {
            node: name.into(),
            limit: service.rules.max_awaited,
        });
    }
    let subscription = present.map_or_else(
        || context.fresh_name(0),
        |present| present.subscription.clone(),
    );
    let node: Arc<str> = name.into();
    Ok(Outcome {
        // The session that asked last is the one with which it ends.
        writes: vec![Write::Await {
            node: node.clone(),
            jid: jid.clone(),
            subscription: subscription.clone(),
            session: actor.session,
            is_durable: !actor.is_anonymous,
        }],
        reply: Reply::Awaited {
            node,
            jid: jid.clone(),
            subscription,
        },
        notifications: Vec::new(),
    })
}
