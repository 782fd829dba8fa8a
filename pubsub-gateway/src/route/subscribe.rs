//! Who may listen to what: the checks that all ways of subscribing share, in the order in which their answers are known to clients.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use smallvec::SmallVec;

use super::refusal::Refusal;
use super::request::Asked;
use crate::access::{Identity, Intent};
use crate::channel::{
    Bounds, Channel, Cursor, Kind, Message, RESET, Resume, Wanted, replay, subscribed,
};
use crate::feed::{Missed, missed};
use crate::frame::{Format, control};
use crate::inner::Inner;
use crate::plan::{Manner, Plan};
use crate::subscriber::{Client, Seat};

/// A place in a channel that was given and is not taken yet.
#[derive(Debug)]
struct Entry {
    channel: Arc<Channel>,
    backtrack: usize,
    /// What happened since the position that the client has of it, if it has one.
    missed: Option<Missed>,
    is_taken: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_taken {
            self.channel.exit();
        }
    }
}

/// Somebody who may listen.
#[derive(Debug)]
pub(crate) struct Admitted {
    entries: Vec<Entry>,
    resume: Resume,
    pub(crate) format: Arc<Format>,
    pub(crate) identity: Option<Arc<Identity>>,
    /// How long it may listen.
    pub(crate) expires: Option<Duration>,
}

/// Decides whether this request may listen, and opens its channels.
pub(crate) async fn admit(
    inner: &Arc<Inner>,
    plan: &Plan,
    asked: &Asked<'_>,
    manner: Manner<'_>,
) -> Result<Admitted, Refusal> {
    let (settings, hub) = (inner.settings(), inner.hub());
    if inner.is_draining() {
        return Err(Refusal::closing());
    }
    let bounds = Bounds {
        longest: settings.channels.longest_name,
        most: settings.limits.channels,
    };
    let wanted = subscribed(asked.channels(&["channels", "channel"]), bounds)?;
    let positions = asked.positions()?;
    let names: Vec<_> = wanted.iter().map(|wanted| wanted.name.clone()).collect();
    let grant = inner.may(Intent::Subscribe, &names, asked).await?;
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
        entries.push(enter(inner, wanted)?);
    }
    let resume = asked.resume();
    for entry in &mut entries {
        inner.ready(&entry.channel).await?;
        let node = entry.channel.name().node();
        // Whoever was here before knows a later place than that of the page.
        if resume.cursor.is_none()
            && let Some(since) = positions.iter().find(|position| position.is_of(node))
        {
            entry.missed = Some(missed(inner, &entry.channel, since).await);
        }
    }
    let format = plan.format(manner).ok_or_else(Refusal::not_found)?;
    Ok(Admitted {
        entries,
        resume,
        format: Arc::clone(format),
        identity: Identity::of(&grant),
        expires: grant.until.map(left),
    })
}

/// How long it is until then.
fn left(until: SystemTime) -> Duration {
    until.duration_since(SystemTime::now()).unwrap_or_default()
}

fn enter(inner: &Arc<Inner>, wanted: &Wanted) -> Result<Entry, Refusal> {
    let most = inner.settings().channels.most_subscribers;
    loop {
        let channel = inner.open(&wanted.name)?;
        if !channel.enter(most) {
            return Err(Refusal::forbidden(
                "Subscribers limit per channel has been exceeded.",
            ));
        }
        let entry = Entry {
            channel,
            backtrack: wanted.backtrack,
            missed: None,
            is_taken: false,
        };
        // It may have been given up between being found and being entered.
        if !entry.channel.is_given_up() {
            return Ok(entry);
        }
    }
}

impl Admitted {
    /// Puts the client into its channels. What it asked for of the past comes first, and then everything that happens, without gap or repeat.
    /// The cursor is right before all that.
    pub(crate) fn seat(mut self, inner: &Inner, client: &Arc<Client>) -> Cursor {
        let mut seats: SmallVec<[Seat; 1]> = SmallVec::new();
        for entry in &mut self.entries {
            entry.is_taken = true;
            seats.push(Seat {
                ticket: Some(entry.channel.join(client)),
                channel: Arc::clone(&entry.channel),
                place: 0,
                known: entry
                    .missed
                    .as_ref()
                    .map(|missed| Box::new(missed.known.clone())),
            });
        }
        // Nothing is published meanwhile.
        let counter = inner.hub().counter();
        for seat in &mut seats {
            seat.place = seat.channel.ring().end();
        }
        let now = counter.number();
        let past = self.past(inner, now);
        drop(counter);
        for seat in &seats {
            inner.hub().tell("client_subscribed", seat.channel.name());
        }
        let first = past.iter().map(|message| message.number).min();
        client.lock().source.start(seats, past);
        Cursor {
            epoch: inner.hub().epoch(),
            number: first.map_or(now, |first| first.saturating_sub(1)),
        }
    }

    /// What was missed. That something of it is lost is said first.
    pub(crate) fn past(&self, inner: &Inner, now: u64) -> VecDeque<Arc<Message>> {
        let epoch = inner.hub().epoch();
        let mut past: Vec<Arc<Message>> = Vec::new();
        let mut incomplete = None;
        for entry in &self.entries {
            let found = match &entry.missed {
                Some(missed) => missed.with_ring(&entry.channel),
                None => replay(&entry.channel.ring(), &self.resume, entry.backtrack, epoch),
            };
            past.extend(found.messages);
            if found.is_incomplete {
                incomplete.get_or_insert(entry.channel.name());
            }
        }
        if self.resume.cursor.is_some() {
            past.sort_by_key(|message| message.number);
        }
        let mut past = VecDeque::from(past);
        if let Some(channel) = incomplete {
            let first = past.iter().map(|message| message.number).min();
            let mut reset = control(RESET, channel.as_str(), "reset");
            reset.kind = Kind::Reset;
            reset.number = first.map_or(now, |first| first.saturating_sub(1));
            past.push_front(Arc::new(reset));
        }
        past
    }

    pub(crate) fn resume(&self) -> &Resume {
        &self.resume
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.entries.iter().map(|entry| &entry.channel)
    }
}
