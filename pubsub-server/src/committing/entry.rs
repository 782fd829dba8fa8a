//! One thing that waits to be kept: a decision with its answer and its announcements, or only an answer that must not overtake others.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::announcer::Subscribers;
use crate::router::{Peer, Wakes};
use crate::service::applying::Before;
use crate::service::error::ServiceError;
use crate::service::node::{Affiliations, Subscriptions};
use crate::service::terms::Particular;
use crate::service::vocabulary::{Notification, Reply, Write};
use crate::shards::Leaver;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::{error, reply};

/// What every entry counts for, besides what it holds.
const OVERHEAD: usize = 256;

/// What an entry of a list counts for besides its texts.
const LISTED: usize = 64;

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// What was decided. It is so in memory already.
    pub(crate) writes: Vec<Write>,
    /// How to take it back.
    pub(crate) before: Vec<Before>,
    pub(crate) answer: Option<Answer>,
    pub(crate) announcements: Vec<Announced>,
    /// Who has left with this.
    pub(crate) leaver: Option<Leaver>,
}

/// A notification with the subscribers of its node, as they were after the change.
#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) notification: Notification,
    pub(crate) subscribers: Option<Subscriptions>,
    pub(crate) particular: Option<Arc<Particular>>,
    /// Of a node of an account.
    pub(crate) affiliations: Option<Affiliations>,
}

impl Announced {
    /// Who is to hear it, unless the notification names them.
    pub(super) fn subscribers(&self) -> Option<Subscribers<'_>> {
        Some(Subscribers {
            plain: self.subscribers.as_ref()?,
            particular: self.particular.as_deref(),
            affiliations: self.affiliations.as_ref(),
        })
    }
}

/// Who asks, by which stanza.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'x> {
    pub(crate) peer: &'x Arc<Peer>,
    pub(crate) stanza: &'x Stanza<'x>,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Content {
    /// To be written when it is due.
    Result(Result<Reply, ServiceError>),
    /// A whole stanza.
    Written(String),
}

/// An answer to be given.
#[derive(Debug)]
pub(crate) struct Answer {
    peer: Arc<Peer>,
    kind: Kind,
    id: Option<Box<str>>,
    from: Option<Box<str>>,
    content: Content,
    cost: usize,
}

impl Asker<'_> {
    /// The answer to be given later. The asker is slowed down when too much of this waits.
    pub(crate) fn answer(&self, content: Content, writes: &[Write]) -> Answer {
        let cost = OVERHEAD + content.size() + writes.iter().map(size).sum::<usize>();
        self.peer.undecided.fetch_add(cost, Ordering::Relaxed);
        Answer {
            peer: self.peer.clone(),
            kind: self.stanza.kind,
            id: self.stanza.id.as_deref().map(Into::into),
            from: self.stanza.to.as_deref().map(Into::into),
            content,
            cost,
        }
    }
}

impl Entry {
    /// What the entry counts for while it waits, in bytes.
    pub(super) fn cost(&self) -> usize {
        self.answer.as_ref().map_or_else(
            || OVERHEAD + self.writes.iter().map(size).sum::<usize>(),
            |answer| answer.cost,
        )
    }
}

impl Answer {
    /// Gives the answer, or an error in its place. `out` is for writing in.
    pub(super) fn give(self, failure: Option<&ServiceError>, out: &mut String, wakes: &mut Wakes) {
        out.clear();
        match (failure, &self.content) {
            (Some(error), _) | (None, Content::Result(Err(error))) => {
                self.open(out, "error");
                error::write_service(out, error);
                stanza::close(out, self.kind);
            }
            // What a message asks for is done without an answer.
            (None, Content::Result(Ok(_))) if self.kind != Kind::Iq => {
                self.peer.undecided.fetch_sub(self.cost, Ordering::Relaxed);
                self.peer.outbox.wake();
                return;
            }
            (None, Content::Result(Ok(reply))) => {
                self.open(out, "result");
                reply::write(out, reply);
                stanza::close(out, Kind::Iq);
            }
            (None, Content::Written(text)) => out.push_str(text),
        }
        // First this, so that the connection finds room when it is woken.
        self.peer.undecided.fetch_sub(self.cost, Ordering::Relaxed);
        wakes.deliver(&self.peer, &[out]);
    }

    fn open(&self, out: &mut String, variant: &str) {
        stanza::open(
            out,
            self.kind,
            variant,
            self.id.as_deref(),
            self.from.as_deref(),
            Some(&self.peer.actor.full),
        );
        out.push('>');
    }
}

impl Content {
    fn size(&self) -> usize {
        match self {
            Self::Result(Ok(Reply::Items { items, .. })) => {
                items.iter().map(|item| item.size()).sum()
            }
            Self::Result(Ok(Reply::Subscriptions { list, .. })) => list
                .iter()
                .map(|(jid, id, _)| LISTED + jid.len() + id.len())
                .sum(),
            Self::Result(Ok(Reply::Affiliations { list, .. })) => {
                list.iter().map(|(jid, _)| LISTED + jid.len()).sum()
            }
            Self::Result(_) => 0,
            Self::Written(text) => text.len(),
        }
    }
}

fn size(write: &Write) -> usize {
    match write {
        Write::PutItem { item, .. } => 64 + item.size(),
        _ => 64,
    }
}
