//! Look at and set the options of one's own subscription (XEP-0060 §6.3).

use std::sync::Arc;

use super::subscribe::check_expiry;
use super::unsubscribe::find;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::node::bare_of;
use crate::service::options::Field;
use crate::service::vocabulary::{Actor, Context, Outcome, Reply};

pub(super) fn show(
    service: &Service,
    actor: &Actor,
    name: &str,
    jid: &Arc<str>,
    subscription: Option<&str>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require_own(actor, jid)?;
    let found = find(node, jid, subscription)?;
    Ok(Outcome::answer(Reply::SubscriptionOptions {
        node: node.name.clone(),
        jid: jid.clone(),
        subscription: found.id.clone(),
        terms: Arc::new(found.terms.clone()),
    }))
}

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    (jid, subscription): (&Arc<str>, Option<&str>),
    form: &[Field<'_>],
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    require_own(actor, jid)?;
    let found = find(node, jid, subscription)?;
    let mut terms = found.terms.with(form)?;
    terms.is_kept = !actor.is_anonymous;
    check_expiry(context, &terms)?;
    Ok(Outcome {
        writes: node.stand(jid, found.id, Some(found), terms),
        reply: Reply::Done,
        notifications: Vec::new(),
    })
}

fn require_own(actor: &Actor, jid: &Arc<str>) -> Result<(), ServiceError> {
    if bare_of(jid) == &*actor.bare {
        return Ok(());
    }
    Err(ServiceError::NotYours { jid: jid.clone() })
}
