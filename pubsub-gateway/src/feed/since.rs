//! What happened at a node since a position that came with a list: the first page of a list and the messages after it join without gap or repeat.
//!
//! A gateway that has the store at hand reads there how far the node is, and drops what its channel tells again later; one without takes what the
//! service still keeps.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pubsub_core::store::{EntryKind, Store};
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, Position, SubscribeError, Subscription};
use tokio::time::{Instant, timeout, timeout_at};

use super::item::{Said, said};
use crate::channel::{Channel, Content};
use crate::inner::Inner;

/// Who has missed more reads the list again.
const MOST: usize = 1000;
/// How long is waited for all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where nobody says how much there is: how long nothing more has come.
const QUIET: Duration = Duration::from_millis(300);
/// How many changes are read at once.
const PAGE: u32 = 256;

/// What a client has missed of one channel.
#[derive(Debug)]
pub(crate) struct Missed {
    /// The messages, each with the place after it.
    pub(crate) contents: Vec<(Content, String)>,
    /// That is not all of it.
    pub(crate) is_incomplete: bool,
    /// Changes up to this number of this store are known to the client, whenever the channel tells of them.
    pub(crate) known: Option<(Arc<str>, u64)>,
    /// What the channel has held from here on is not among them.
    pub(crate) place: u64,
    /// What is among them, by its hash.
    pub(crate) told: HashSet<u64>,
    /// Where the client was.
    pub(crate) position: String,
}

/// How far a node is in a store.
enum Extent {
    /// The number of the last change, and of the last one that anybody is told of.
    Known { last: u64, told: Option<u64> },
    /// There is more than anybody should be told one by one.
    TooMuch { last: u64 },
}

/// Collects what a client has missed.
pub(crate) async fn since(inner: &Inner, channel: &Arc<Channel>, position: &Position) -> Missed {
    let mut missed = Missed {
        contents: Vec::new(),
        is_incomplete: false,
        known: None,
        place: channel.ring().end(),
        told: HashSet::new(),
        position: position.to_string(),
    };
    let store = inner.pubsub().store();
    let known = store.and_then(|store| Some((store, position.known(store.log())?)));
    let Some((store, known)) = known else {
        missed.collect(inner, channel, position, None).await;
        return missed;
    };
    let log = store.log();
    match extent(&**store, channel, known).await {
        Some(Extent::Known { last, told }) => {
            missed.known = Some((Arc::clone(log), last.max(known)));
            if told.is_some() {
                missed.collect(inner, channel, position, told).await;
            }
        }
        Some(Extent::TooMuch { last }) => {
            missed.known = Some((Arc::clone(log), last));
            missed.is_incomplete = true;
        }
        None => missed.is_incomplete = true,
    }
    missed
}

/// How far the node is after a number.
async fn extent(store: &dyn Store, channel: &Channel, known: u64) -> Option<Extent> {
    let node = channel.name().node();
    let (mut at, mut count, mut told) = (known, 0, None);
    loop {
        let history = store.history(node, at, PAGE).await;
        let history = history.inspect_err(
            |error| tracing::debug!(%node, %error, "the history of a node cannot be read"),
        );
        let history = history.ok()?;
        let last = history.last;
        if history.is_gone || last < known {
            return Some(Extent::TooMuch { last });
        }
        let Some(end) = history.entries.last().map(|entry| entry.sequence) else {
            return Some(Extent::Known { last: at, told });
        };
        for entry in history.entries {
            let is_silent = entry.kind == EntryKind::Retract { notify: false };
            if !entry.is_parked && entry.defect.is_none() && !is_silent {
                told = Some(entry.sequence);
                count += 1;
            }
        }
        if count > MOST {
            return Some(Extent::TooMuch { last });
        }
        at = end;
    }
}

impl Missed {
    /// Collects up to a number, or until nothing more comes.
    async fn collect(
        &mut self,
        inner: &Inner,
        channel: &Channel,
        position: &Position,
        to: Option<u64>,
    ) {
        let subscribed = inner
            .pubsub()
            .subscribe_node_from(channel.name().node(), position);
        let end = Instant::now() + PATIENCE;
        let Ok(Ok(mut subscription)) = timeout_at(end, subscribed).await else {
            self.is_incomplete = true;
            return;
        };
        while self.contents.len() <= MOST {
            match next(&mut subscription, to.is_some(), end).await {
                Some(Ok(event)) => {
                    let number = self.take(inner, channel, &event);
                    if to.is_some_and(|to| number.is_some_and(|number| number >= to)) {
                        return;
                    }
                }
                Some(Err(SubscribeError::Gap { .. } | SubscribeError::Closed { .. })) => {
                    self.is_incomplete = true;
                }
                Some(Err(error)) => tracing::debug!(%error, "an item was passed over"),
                None => {
                    self.is_incomplete |= to.is_some();
                    return;
                }
            }
        }
        self.is_incomplete = true;
    }

    /// Takes one event; its number in its store.
    fn take(&mut self, inner: &Inner, channel: &Channel, event: &Event<RawXml>) -> Option<u64> {
        let node = channel.name().node();
        let Some(Said::Content(content, _)) = said(inner.rows(), node, event) else {
            return None;
        };
        let mark = content.mark.clone();
        let after = event
            .change()
            .and_then(|change| Position::after(node, change));
        let after = after.map_or_else(|| self.position.clone(), |after| after.to_string());
        self.told.insert(content.hash);
        self.contents.push((content, after));
        if self.known.is_none() {
            self.known.clone_from(&mark);
        }
        if let (Some((log, number)), Some((own, known))) = (&mark, &mut self.known)
            && log == own
        {
            *known = (*number).max(*known);
        }
        mark.map(|(_, number)| number)
    }
}

/// The next event; `None` when there is none in time.
async fn next(
    subscription: &mut Subscription<RawXml>,
    is_expected: bool,
    end: Instant,
) -> Option<Result<Event<RawXml>, SubscribeError>> {
    let next = subscription.next();
    if is_expected {
        timeout_at(end, next).await.ok().flatten()
    } else {
        let quiet = QUIET.min(end.saturating_duration_since(Instant::now()));
        timeout(quiet, next).await.ok().flatten()
    }
}
