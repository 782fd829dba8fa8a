//! The words in which a room is spoken to and answers: who speaks, what is said, and who is to be told what. Values only.

use std::sync::Arc;

use super::standing::{Affiliation, Role};

/// Who speaks to a room: one session of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) bare: Arc<str>,
    pub(crate) full: Arc<str>,
    /// Tells sessions of the same JID apart; 0 for somebody at a component.
    pub(crate) session: u64,
    pub(crate) is_anonymous: bool,
}

/// How much of the past somebody wants to hear on entering (XEP-0045 §7.2.13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) max_chars: Option<usize>,
    pub(crate) max_stanzas: Option<usize>,
    pub(crate) seconds: Option<u64>,
    /// Seconds since 1970.
    pub(crate) since: Option<u64>,
}

/// What somebody brings along on entering.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// What the presence holds, for the others.
    pub(crate) presence: Arc<str>,
    pub(crate) password: Option<String>,
    pub(crate) past: Past,
}

/// A message as it is passed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// Nickname of who said it; empty for the room itself.
    pub(crate) nick: Arc<str>,
    /// The id that its sender gave it.
    pub(crate) id: Option<Arc<str>>,
    /// The id that the room gave it (XEP-0359).
    pub(crate) number: Arc<str>,
    /// Its children.
    pub(crate) content: Arc<str>,
    /// Seconds since 1970.
    pub(crate) at: u64,
}

/// The presence of an occupant, as others are told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announcement {
    pub(crate) nick: Arc<str>,
    pub(crate) is_unavailable: bool,
    /// What the presence holds besides.
    pub(crate) presence: Arc<str>,
    pub(crate) affiliation: Affiliation,
    pub(crate) role: Option<Role>,
    /// The real JID, for those who may see it.
    pub(crate) jid: Arc<str>,
    pub(crate) new_nick: Option<Arc<str>>,
    pub(crate) actor: Option<Arc<str>>,
    pub(crate) reason: Option<Arc<str>>,
    /// Status codes for everybody; `110` is added for the occupant itself.
    pub(crate) statuses: Vec<u16>,
    /// Status codes for the occupant itself.
    pub(crate) own_statuses: Vec<u16>,
    pub(crate) destroyed: Option<Destroyed>,
}

/// Where to go when a room is no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Destroyed {
    pub(crate) alternative: Option<Arc<str>>,
    pub(crate) reason: Option<Arc<str>>,
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// All who are in the room after the change.
    Occupants,
    /// These JIDs.
    These(Vec<Arc<str>>),
}

/// What is told.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    Presence(Announcement),
    /// The presences of all other occupants, for one who enters with that nickname.
    Company(Arc<str>),
    Message(Arc<Spoken>),
    /// A message from before.
    Past(Arc<Spoken>),
    /// The subject as it stands.
    Subject,
    /// Something of the room changed (§10.2.1): its status codes.
    Changed(Vec<u16>),
    /// A message between two occupants: from that nickname; type, id and children.
    Private {
        nick: Arc<str>,
        variant: Arc<str>,
        id: Option<Arc<str>>,
        content: Arc<str>,
    },
    /// A question or an answer between two occupants.
    Question {
        nick: Arc<str>,
        variant: Arc<str>,
        id: Option<Arc<str>>,
        content: Arc<str>,
    },
    /// A form for moderators: whether that occupant may speak (§8.6).
    VoiceRequest {
        nick: Arc<str>,
        jid: Arc<str>,
    },
    /// `invite` or `decline` (§7.8).
    Invitation {
        is_decline: bool,
        from: Arc<str>,
        reason: Option<Arc<str>>,
    },
}

/// Something that somebody is to be told.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub(crate) audience: Audience,
    pub(crate) words: Words,
}

/// What came of a request that was not refused.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tellings: Vec<Telling>,
    /// Whether something changed that a room that lasts keeps.
    pub(crate) is_lasting: bool,
    /// Sessions that are in the room no more.
    pub(crate) gone: Vec<Arc<str>>,
}

impl Outcome {
    pub(crate) fn tell(&mut self, audience: Audience, words: Words) {
        self.tellings.push(Telling { audience, words });
    }

    pub(crate) fn tell_one(&mut self, jid: &Arc<str>, words: Words) {
        self.tell(Audience::These(vec![jid.clone()]), words);
    }

    pub(crate) fn tell_all(&mut self, words: Words) {
        self.tell(Audience::Occupants, words);
    }
}

/// A message to somebody who need not be in the room, nor anywhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Normalised.
    pub(crate) to: Arc<str>,
    /// The whole stanza.
    pub(crate) text: String,
}

/// What is left to do after a decision, without the lock of the room.
#[derive(Debug, Default)]
pub(crate) struct After {
    /// The number of the change, if it is to be written.
    pub(crate) number: Option<u64>,
    pub(crate) letters: Vec<Letter>,
}

/// A request for voice (§7.13), or what a moderator says to one (§8.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Voice {
    pub(crate) role: Option<Role>,
    /// Who asked.
    pub(crate) nick: Option<Arc<str>>,
    pub(crate) jid: Option<Arc<str>>,
    pub(crate) is_granted: bool,
}

/// One line of an affiliation or role list (§9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) nick: Option<Arc<str>>,
    pub(crate) jid: Option<Arc<str>>,
    pub(crate) affiliation: Option<Affiliation>,
    pub(crate) role: Option<Role>,
    pub(crate) reason: Option<Arc<str>>,
}
