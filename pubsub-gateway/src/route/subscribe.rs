//! Who may listen to what: the checks that all ways of subscribing share, in the order in which their answers are known to clients.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::refusal::Refusal;
use super::request::Asked;
use super::seating::Entry;
use crate::access::{Identity, Intent, Stage};
use crate::channel::{Bounds, Resume, Wanted, subscribed};
use crate::frame::Format;
use crate::inner::Inner;
use crate::plan::{Manner, Plan};

/// Somebody who may listen.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(super) entries: Vec<Entry>,
    pub(crate) resume: Resume,
    /// It wants to know where it would go on, before anything has come.
    pub(super) wants_cursor: bool,
    pub(crate) format: Arc<Format>,
    pub(crate) identity: Option<Arc<Identity>>,
    /// What had been revoked when it was let in.
    pub(super) stage: Stage,
    /// How long it may listen.
    pub(crate) expires: Option<Duration>,
}

/// Decides whether this request may listen, and opens its channels.
pub(crate) async fn admit(
    inner: &Arc<Inner>,
    plan: &Plan,
    asked: &Asked<'_>,
    manner: &Manner<'_>,
) -> Result<Admitted, Refusal> {
    let (settings, hub) = (inner.settings(), inner.hub());
    if inner.is_draining() {
        return Err(Refusal::closing());
    }
    let bounds = Bounds {
        longest: settings.channels.longest_name,
        most: settings.limits.channels,
    };
    let wanted = subscribed(asked.channels(&["channels", "channel", "id"]), bounds)?;
    let positions = asked.positions()?;
    let names: Vec<_> = wanted.iter().map(|wanted| wanted.name.clone()).collect();
    let stage = inner.stage();
    let private = || names.iter().filter(|name| inner.is_private(name)).count();
    let known_private = private();
    let mut grant = inner.may(Intent::Subscribe, &names, asked).await?;
    for Wanted { name, .. } in &wanted {
        let known = hub.find(name);
        let is_empty = known
            .as_ref()
            .is_none_or(|channel| channel.counts().stored == 0);
        if plan.endpoint.authorized_only && is_empty && !hub.is_wildcard(name) {
            return Err(Refusal::forbidden("Subscriber could not create channels."));
        }
        if known.is_some_and(|channel| channel.subscribers() >= settings.channels.most_subscribers)
        {
            return Err(Refusal::forbidden(
                "Subscribers limit per channel has been exceeded.",
            ));
        }
        if hub.is_events(name) && !plan.endpoint.allows_events {
            return Err(Refusal::forbidden(
                "Subscription to events channel is not allowed.",
            ));
        }
    }
    let wildcards = wanted
        .iter()
        .filter(|wanted| hub.is_wildcard(&wanted.name))
        .count();
    if let Some(most) = plan.endpoint.most_wildcards
        && (wildcards > most || wildcards == wanted.len())
    {
        return Err(Refusal::forbidden("Subscribed too much wildcard channels."));
    }
    let mut entries = Vec::with_capacity(wanted.len());
    for wanted in &wanted {
        entries.push(enter(inner, wanted, asked.address())?);
    }
    let mut resume = asked.resume(&settings.arguments);
    resume.positions.extend(positions);
    for entry in &mut entries {
        inner.ready(&entry.channel).await?;
        entry.catch_up(inner, &resume).await;
    }
    if private() > known_private {
        // What the nodes of other programs say of themselves is known only now.
        grant = inner.may(Intent::Subscribe, &names, asked).await?;
    }
    let format = plan.format(manner).ok_or_else(Refusal::not_found)?;
    Ok(Admitted {
        entries,
        wants_cursor: asked.wants_cursor() || !resume.positions.is_empty(),
        resume,
        format: Arc::clone(format),
        identity: Identity::of(&grant),
        stage,
        expires: grant.until.map(left),
    })
}

/// How long it is until then.
fn left(until: SystemTime) -> Duration {
    until.duration_since(SystemTime::now()).unwrap_or_default()
}

fn enter(inner: &Arc<Inner>, wanted: &Wanted, address: Option<IpAddr>) -> Result<Entry, Refusal> {
    let most = inner.settings().channels.most_subscribers;
    loop {
        let channel = inner.open_for(&wanted.name, address)?;
        if !channel.enter(most) {
            return Err(Refusal::forbidden(
                "Subscribers limit per channel has been exceeded.",
            ));
        }
        let entry = Entry::new(channel, wanted.backtrack);
        // It may have been given up between being found and being entered.
        if !entry.channel.is_given_up() {
            return Ok(entry);
        }
    }
}
