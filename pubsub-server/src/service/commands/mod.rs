//! One file a verb of XEP-0060, each with a function that decides. This file only sends a request to its verb.

mod affiliations;
mod archive;
mod authorize;
mod configure;
mod create;
mod delete;
mod items;
mod listening;
mod publish;
mod purge;
mod retract;
mod subscribe;
mod subscription_options;
mod subscriptions;
mod unsubscribe;

pub(crate) use self::authorize::{Changes, waiting};
pub(crate) use self::publish::last_item;
use self::subscribe::Wanted;

use super::Service;
use super::access::may_ask;
use super::error::ServiceError;
use super::vocabulary::{Actor, Context, Outcome, Request};

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    request: Request<'_>,
) -> Result<Outcome, ServiceError> {
    may_ask(&service.rules, actor, &request)?;
    // Items are weighed where they are published; all else that may grow, here.
    let grows = matches!(
        request,
        Request::Create { .. }
            | Request::Configure { .. }
            | Request::Subscribe { .. }
            | Request::SetSubscriptions { .. }
            | Request::SetAffiliations { .. }
    );
    let outcome = of_verb(service, context, actor, request)?;
    if grows && service.growth(&outcome.writes) > context.bytes_left {
        return Err(ServiceError::StorageFull {
            limit: service.rules.max_stored,
        });
    }
    Ok(outcome)
}

fn of_verb(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    request: Request<'_>,
) -> Result<Outcome, ServiceError> {
    match request {
        Request::Create { node, form } => {
            create::decide(service, context, actor, node.as_deref(), &form)
        }
        Request::Configuration { node } => configure::show(service, actor, &node),
        Request::Configure { node, form } => {
            configure::decide(service, context, actor, &node, &form)
        }
        Request::Delete { node, redirect } => {
            delete::decide(service, context, actor, &node, redirect.as_deref())
        }
        Request::Purge { node } => purge::decide(service, actor, &node),
        Request::Publish {
            node,
            items,
            options,
        } => publish::decide(service, context, actor, &node, &items, &options),
        Request::Retract { node, ids, notify } => {
            retract::decide(service, actor, &node, &ids, notify)
        }
        Request::Archive { node, filter, page } => {
            archive::decide(service, context, actor, &node, &filter, &page)
        }
        Request::Items {
            node,
            selection,
            subscription,
        } => {
            let subscription = subscription.as_deref();
            items::decide(service, context, actor, &node, selection, subscription)
        }
        Request::Subscribe {
            node,
            jid,
            awaits,
            form,
        } => {
            let wanted = Wanted {
                jid: &jid,
                awaits,
                form: &form,
            };
            subscribe::decide(service, context, actor, &node, &wanted)
        }
        Request::SubscriptionOptions {
            node,
            jid,
            subscription,
        } => subscription_options::show(service, actor, &node, &jid, subscription.as_deref()),
        Request::SetSubscriptionOptions {
            node,
            jid,
            subscription,
            form,
        } => {
            let which = (&jid, subscription.as_deref());
            subscription_options::decide(service, context, actor, &node, which, &form)
        }
        Request::Authorize {
            node,
            jid,
            subscription,
            is_allowed,
        } => {
            let which = (&jid, subscription.as_deref());
            authorize::decide(service, actor, &node, which, is_allowed)
        }
        Request::Pending { node } => authorize::remind(service, actor, &node),
        Request::Unsubscribe {
            node,
            jid,
            subscription,
        } => unsubscribe::decide(service, actor, &node, &jid, subscription.as_deref()),
        Request::Subscriptions { node, page } => {
            subscriptions::list(service, actor, &node, page.as_ref())
        }
        Request::SetSubscriptions { node, changes } => {
            subscriptions::decide(service, context, actor, &node, &changes)
        }
        Request::Affiliations { node, page } => {
            affiliations::list(service, actor, &node, page.as_ref())
        }
        Request::SetAffiliations { node, changes } => {
            affiliations::decide(service, context, actor, &node, &changes)
        }
    }
}
