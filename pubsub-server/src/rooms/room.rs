//! One room: its settings, who stands how to it, who is in it, and what was said. Holds and answers questions; the verbs are its neighbours.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::history::History;
use super::settings::{Bounds, Settings};
use super::standing::{Affiliation, Role};
use super::vocabulary::{Announcement, Spoken};

/// What bounds one room. Documented where they are configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bounds: Bounds,
    pub(crate) history_bytes: usize,
    pub(crate) affiliations: usize,
    pub(crate) nick: usize,
    pub(crate) presence: usize,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    /// Its bare JID.
    pub(crate) jid: Arc<str>,
    /// Bare JID of who made it, whose rooms are counted.
    pub(crate) founder: Arc<str>,
    pub(crate) settings: Settings,
    /// By bare JID; who has none is not in it.
    pub(crate) affiliations: BTreeMap<Arc<str>, Affiliation>,
    /// By nickname.
    pub(crate) occupants: BTreeMap<Arc<str>, Occupant>,
    /// The nickname of each session, by full JID.
    pub(super) nicks: HashMap<Arc<str>, Arc<str>>,
    pub(crate) subject: Option<Arc<Spoken>>,
    pub(crate) history: History,
    pub(crate) limits: Limits,
    /// Its owner has not said yet what it is to be; nobody else may enter.
    pub(crate) is_locked: bool,
    /// It was noted for being kept, and is to be removed there when it is gone.
    pub(crate) is_kept: bool,
    /// It was destroyed; whoever still holds it looks for another.
    pub(crate) is_gone: bool,
    /// How many messages were numbered, and what makes the numbers of this room's life unlike those of another.
    pub(super) said: u64,
    pub(super) epoch: u64,
}

/// Somebody in the room. One account may be there with several sessions under one nickname.
#[derive(Debug)]
pub(crate) struct Occupant {
    pub(crate) bare: Arc<str>,
    pub(crate) role: Role,
    /// Oldest first; never empty.
    pub(crate) sessions: Vec<Session>,
}

/// One session of an occupant.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) full: Arc<str>,
    /// Tells it from others of the same JID.
    pub(crate) stream: u64,
    pub(crate) presence: Arc<str>,
}

impl Occupant {
    /// The session that presence is told of: the newest.
    pub(crate) fn newest(&self) -> Option<&Session> {
        self.sessions.last()
    }

    pub(crate) fn jids(&self) -> Vec<Arc<str>> {
        let jids = self.sessions.iter().map(|session| session.full.clone());
        jids.collect()
    }
}

impl Room {
    /// A room nobody is in, owned by its founder. `epoch` is chance.
    pub(crate) fn new(jid: Arc<str>, founder: Arc<str>, limits: Limits, epoch: u64) -> Self {
        Self {
            jid,
            settings: Settings::new(&limits.bounds),
            affiliations: BTreeMap::from([(founder.clone(), Affiliation::Owner)]),
            founder,
            occupants: BTreeMap::new(),
            nicks: HashMap::new(),
            subject: None,
            history: History::default(),
            limits,
            is_locked: false,
            is_kept: false,
            is_gone: false,
            said: 0,
            epoch,
        }
    }

    pub(crate) fn affiliation(&self, bare: &str) -> Affiliation {
        self.affiliations.get(bare).copied().unwrap_or_default()
    }

    /// The nickname and the occupant that a session belongs to.
    pub(crate) fn occupant_of(&self, full: &str) -> Option<(&Arc<str>, &Occupant)> {
        let nick = self.nicks.get(full)?;
        self.occupants.get_key_value(nick)
    }

    /// Whether the room has nobody in it and nothing to stay for.
    pub(crate) fn is_over(&self) -> bool {
        self.occupants.is_empty() && !self.settings.is_persistent
    }

    /// Every session, with whether it may see real JIDs and its nickname.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (&Session, bool, &Arc<str>)> {
        let is_open = self.settings.is_non_anonymous;
        self.occupants.iter().flat_map(move |(nick, occupant)| {
            let sees = is_open || occupant.role == Role::Moderator;
            occupant
                .sessions
                .iter()
                .map(move |session| (session, sees, nick))
        })
    }

    /// Whether a session may see real JIDs.
    pub(crate) fn sees_jids(&self, full: &str) -> bool {
        self.settings.is_non_anonymous
            || self
                .occupant_of(full)
                .is_some_and(|(_, occupant)| occupant.role == Role::Moderator)
    }

    /// The presence of an occupant as it stands.
    pub(crate) fn announcement(&self, nick: &Arc<str>, occupant: &Occupant) -> Announcement {
        let newest = occupant.newest();
        Announcement {
            nick: nick.clone(),
            presence: newest.map_or_else(|| "".into(), |session| session.presence.clone()),
            jid: newest.map_or_else(|| occupant.bare.clone(), |session| session.full.clone()),
            affiliation: self.affiliation(&occupant.bare),
            role: Some(occupant.role),
            ..Announcement::default()
        }
    }

    /// How many sessions are in the room.
    pub(crate) fn population(&self) -> usize {
        self.nicks.len()
    }

    /// The next number of a message.
    pub(super) fn next_number(&mut self) -> Arc<str> {
        self.said += 1;
        format!("{:016x}-{}", self.epoch, self.said).into()
    }
}
