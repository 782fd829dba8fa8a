//! Subscriptions that an owner has to approve (XEP-0060 §8.6, §8.7), and what becomes of subscriptions when a node lets in others than before.

use std::sync::Arc;

use super::publish::last_item;
use crate::service::Service;
use crate::service::access::{Action, admit, require};
use crate::service::error::ServiceError;
use crate::service::node::{Node, bare_of};
use crate::service::options::SendLast;
use crate::service::relations::Relations;
use crate::service::terms::{Subscription, SubscriptionState, Terms};
use crate::service::vocabulary::{
    Actor, Announcement, Audience, Notification, Outcome, Reply, Write,
};

/// An owner allows or denies what waits.
pub(super) fn decide(
    service: &Service,
    actor: &Actor,
    name: &str,
    (jid, subscription): (&Arc<str>, Option<&str>),
    is_allowed: bool,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let mut asked = node
        .subscriptions_at(jid)
        .filter(|one| one.terms.state == SubscriptionState::Pending)
        .filter(|one| subscription.is_none_or(|asked| asked == &**one.id))
        .peekable();
    if asked.peek().is_none() {
        return Err(ServiceError::NotPending {
            node: node.name.clone(),
            jid: jid.clone(),
        });
    }
    let mut changes = Changes::default();
    if is_allowed {
        changes.let_in(node, |one| bare_of(one.jid) == bare_of(jid));
    } else {
        asked.for_each(|one| changes.end(node, one));
    }
    Ok(Outcome {
        writes: changes.writes,
        reply: Reply::Done,
        notifications: changes.notifications,
    })
}

/// Asks an owner again, this one alone, about everybody who waits.
pub(super) fn remind(
    service: &Service,
    actor: &Actor,
    name: &str,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require(node, &actor.bare, Action::Own)?;
    let notifications = waiting(node)
        .map(|one| Notification {
            audience: Audience::These(vec![actor.full.clone()]),
            ..ask(node, one.jid, one.id)
        })
        .collect();
    Ok(Outcome {
        notifications,
        ..Outcome::answer(Reply::Reminded)
    })
}

/// Who waits for approval.
pub(crate) fn waiting(node: &Node) -> impl Iterator<Item = Subscription<'_>> {
    node.particular
        .iter()
        .flat_map(|all| all.iter())
        .filter(|one| one.terms.state == SubscriptionState::Pending)
}

/// The question to the owners whether somebody may subscribe.
pub(super) fn ask(node: &Node, jid: &Arc<str>, subscription: &Arc<str>) -> Notification {
    Notification {
        node: node.name.clone(),
        config: node.config.clone(),
        announcement: Announcement::Request {
            jid: jid.clone(),
            subscription: subscription.clone(),
        },
        audience: Audience::These(node.owners().cloned().collect()),
    }
}

/// Tells the owners that somebody has subscribed or left, if the node says so (`pubsub#notify_sub`). Who is an owner knows what they did.
pub(super) fn tell_owners(
    node: &Node,
    actor: &Actor,
    jid: &Arc<str>,
    subscription: &Arc<str>,
    state: Option<SubscriptionState>,
) -> Option<Notification> {
    if !node.config.notify_sub {
        return None;
    }
    let owners = node.owners().filter(|owner| **owner != actor.bare);
    Some(Notification {
        audience: Audience::These(owners.cloned().collect()),
        ..changed(node, jid, subscription, state)
    })
}

/// What became of a subscription, for the subscriber.
pub(super) fn changed(
    node: &Node,
    jid: &Arc<str>,
    subscription: &Arc<str>,
    state: Option<SubscriptionState>,
) -> Notification {
    Notification {
        node: node.name.clone(),
        config: node.config.clone(),
        announcement: Announcement::SubscriptionChanged {
            jid: jid.clone(),
            subscription: subscription.clone(),
            state,
        },
        audience: Audience::These(vec![jid.clone()]),
    }
}

/// Subscriptions that others than their subscribers change, and what these hear of it.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) writes: Vec<Write>,
    pub(crate) notifications: Vec<Notification>,
}

impl Changes {
    /// Approves what waits of the accounts that are let in: whoever is, with one subscription, needs nobody's approval for another.
    pub(super) fn let_in(&mut self, node: &Node, is_let_in: impl Fn(&Subscription<'_>) -> bool) {
        for one in waiting(node).filter(is_let_in) {
            self.approve(node, one);
        }
    }

    fn approve(&mut self, node: &Node, one: Subscription<'_>) {
        let terms = Terms {
            state: SubscriptionState::Subscribed,
            ..one.terms.clone()
        };
        self.writes
            .extend(node.stand(one.jid, one.id, Some(one), terms));
        let state = Some(SubscriptionState::Subscribed);
        self.notifications
            .push(changed(node, one.jid, one.id, state));
        // As if the subscription had just been made (§12.10).
        if node.config.send_last != SendLast::Never {
            self.notifications.extend(last_item(node, one.jid));
        }
    }

    pub(super) fn end(&mut self, node: &Node, one: Subscription<'_>) {
        self.writes.push(node.end(one, true));
        self.notifications
            .push(changed(node, one.jid, one.id, None));
    }

    /// What follows for the subscriptions of a node when it is as it is about to be, which may be without its items: those end that it no longer
    /// lets in, and who waits is approved where no approval is needed any more.
    pub(crate) fn following(relations: &dyn Relations, node: &Node, after: &Node) -> Self {
        let mut changes = Self::default();
        for one in node.all_subscriptions() {
            let is_pending = one.terms.state == SubscriptionState::Pending;
            match admit(relations, after, bare_of(one.jid), Action::Subscribe) {
                Ok(()) if is_pending => changes.approve(node, one),
                Ok(()) => {}
                Err(ServiceError::ApprovalRequired { .. }) if is_pending => {}
                Err(_) => changes.end(node, one),
            }
        }
        changes
    }
}
