//! What somebody is in a room (XEP-0045 §5): an affiliation, which lasts, and a role, which ends with the visit.

/// Lasts from visit to visit. The later one may more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Affiliation {
    /// May not enter.
    Outcast,
    #[default]
    None,
    Member,
    Admin,
    Owner,
}

/// What an occupant may do now. The later one may more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Not in the room.
    None,
    /// May listen.
    Visitor,
    /// May speak.
    Participant,
    /// May remove others and give them voice.
    Moderator,
}

impl Affiliation {
    pub(crate) const ALL: [Self; 5] = [
        Self::Outcast,
        Self::None,
        Self::Member,
        Self::Admin,
        Self::Owner,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Outcast => "outcast",
            Self::None => "none",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visitor => "visitor",
            Self::Participant => "participant",
            Self::Moderator => "moderator",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [
            Self::None,
            Self::Visitor,
            Self::Participant,
            Self::Moderator,
        ]
        .into_iter()
        .find(|one| one.as_str() == word)
    }

    /// The role with which somebody enters (§5.1.2).
    pub(crate) fn on_entering(affiliation: Affiliation, is_moderated: bool) -> Self {
        match affiliation {
            Affiliation::Owner | Affiliation::Admin => Self::Moderator,
            Affiliation::None if is_moderated => Self::Visitor,
            Affiliation::Outcast => Self::None,
            Affiliation::Member | Affiliation::None => Self::Participant,
        }
    }
}
