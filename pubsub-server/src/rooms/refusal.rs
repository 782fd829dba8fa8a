//! Why a room does not do what it is asked for: the condition that XEP-0045 wants, and a text that says what caused it.

use crate::wire::error::StanzaError;

/// A refusal. Each says which setting or which limit is the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoRoom,
    CreationForbidden,
    TooManyRooms,
    TooManyRoomsOfAccount,
    Locked,
    Banned,
    MembersOnly,
    Password,
    NickTaken,
    BadNick,
    LongNick,
    Full,
    TooManyVisits,
    LongPresence,
    NotInside,
    NoVoice,
    HasVoice,
    NoModerator,
    SubjectForbidden,
    LongSubject,
    PrivateForbidden,
    NobodyOfThatNick,
    InvitationForbidden,
    BadRequest,
    ModeratorsOnly,
    AdminsOnly,
    OwnersOnly,
    OfHigherStanding,
    Yourself,
    LastOwner,
    TooManyAffiliations,
    BadSetting,
    Unknown,
}

impl Refusal {
    /// The stanza error.
    #[allow(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn error(self) -> StanzaError {
        let (kind, condition, text) = match self {
            Self::NoRoom => ("cancel", "item-not-found", "there is no such room"),
            Self::CreationForbidden => (
                "cancel",
                "not-allowed",
                "this server does not let you make rooms (creation of rooms in its configuration)",
            ),
            Self::TooManyRooms => (
                "wait",
                "resource-constraint",
                "there are as many rooms as the server allows",
            ),
            Self::TooManyRoomsOfAccount => (
                "wait",
                "resource-constraint",
                "you own as many rooms as one account may; destroy one first",
            ),
            Self::Locked => (
                "cancel",
                "item-not-found",
                "the room is being made: its owner has not configured it yet",
            ),
            Self::Banned => ("auth", "forbidden", "you are banned from this room"),
            Self::MembersOnly => (
                "auth",
                "registration-required",
                "only members may enter this room (muc#roomconfig_membersonly)",
            ),
            Self::Password => (
                "auth",
                "not-authorized",
                "the room has a password, and it is not this one (muc#roomconfig_roomsecret)",
            ),
            Self::NickTaken => (
                "cancel",
                "conflict",
                "somebody else in the room has that nickname",
            ),
            Self::BadNick => (
                "modify",
                "jid-malformed",
                "a nickname is needed, as the resource of the room's address",
            ),
            Self::LongNick => ("modify", "not-acceptable", "the nickname is too long"),
            Self::Full => (
                "wait",
                "service-unavailable",
                "the room is full (muc#roomconfig_maxusers)",
            ),
            Self::TooManyVisits => (
                "wait",
                "resource-constraint",
                "you are in as many rooms as one session may; leave one first",
            ),
            Self::LongPresence => (
                "modify",
                "not-acceptable",
                "the presence is too large for a room",
            ),
            Self::NotInside => (
                "modify",
                "not-acceptable",
                "you are not in the room; enter it first",
            ),
            Self::NoVoice => (
                "auth",
                "forbidden",
                "you have no voice in this room (muc#roomconfig_moderatedroom)",
            ),
            Self::HasVoice => (
                "modify",
                "bad-request",
                "you have a voice in this room already",
            ),
            Self::NoModerator => (
                "wait",
                "recipient-unavailable",
                "there is no moderator in the room who could give you a voice",
            ),
            Self::SubjectForbidden => (
                "auth",
                "forbidden",
                "only moderators may change the subject (muc#roomconfig_changesubject)",
            ),
            Self::LongSubject => ("modify", "not-acceptable", "the subject is too long"),
            Self::PrivateForbidden => (
                "auth",
                "forbidden",
                "private messages are not for everybody here (muc#roomconfig_allowpm)",
            ),
            Self::NobodyOfThatNick => (
                "cancel",
                "item-not-found",
                "nobody in the room has that nickname",
            ),
            Self::InvitationForbidden => (
                "auth",
                "forbidden",
                "only admins may invite to this room (muc#roomconfig_allowinvites)",
            ),
            Self::BadRequest => ("modify", "bad-request", "the request is malformed"),
            Self::ModeratorsOnly => ("auth", "forbidden", "only moderators may do that"),
            Self::AdminsOnly => ("auth", "forbidden", "only admins and owners may do that"),
            Self::OwnersOnly => ("auth", "forbidden", "only owners may do that"),
            Self::OfHigherStanding => (
                "cancel",
                "not-allowed",
                "that occupant's affiliation is not below yours",
            ),
            Self::Yourself => ("cancel", "conflict", "nobody can ban themselves"),
            Self::LastOwner => (
                "cancel",
                "conflict",
                "a room needs an owner: make somebody else owner first",
            ),
            Self::TooManyAffiliations => (
                "wait",
                "resource-constraint",
                "the room has as many affiliations as the server allows",
            ),
            Self::BadSetting => (
                "modify",
                "not-acceptable",
                "a value of the form is not possible, or above what the server allows",
            ),
            Self::Unknown => (
                "cancel",
                "service-unavailable",
                "the room does not know this",
            ),
        };
        StanzaError {
            kind,
            condition,
            text,
        }
    }
}
