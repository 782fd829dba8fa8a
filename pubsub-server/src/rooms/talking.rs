//! What occupants say: to all, to one, a new subject, invitations (XEP-0045 §7.4, 7.5, 7.8, 8.1).

use std::sync::Arc;

use super::refusal::Refusal;
use super::room::{Occupant, Room};
use super::settings::Whom;
use super::standing::{Affiliation, Role};
use super::vocabulary::{Audience, Outcome, Spoken, Visitor, Words};

/// A message to all.
#[derive(Clone, Debug)]
pub(crate) struct Speech {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) content: Arc<str>,
    /// Whether it changes the subject: it has one and no body.
    pub(crate) is_subject: bool,
    /// Whether newcomers are to hear it: it has a body, or something that says so.
    pub(crate) is_kept: bool,
}

/// An invitation, or the answer that one will not come.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) is_decline: bool,
    pub(crate) to: Arc<str>,
    pub(crate) reason: Option<Arc<str>>,
}

impl Room {
    /// Says something to all, in the order in which the room hears it.
    pub(crate) fn say(
        &mut self,
        visitor: &Visitor,
        speech: Speech,
        now: u64,
    ) -> Result<Outcome, Refusal> {
        let (nick, occupant) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        let (nick, role) = (nick.clone(), occupant.role);
        if role < Role::Participant {
            return Err(Refusal::NoVoice);
        }
        if speech.is_subject {
            if role < Role::Moderator && !self.settings.anyone_changes_subject {
                return Err(Refusal::SubjectForbidden);
            }
            if speech.content.len() > self.limits.presence {
                return Err(Refusal::LongSubject);
            }
        }
        let message = Arc::new(Spoken {
            nick,
            id: speech.id,
            number: self.next_number(),
            content: speech.content,
            at: now,
        });
        let mut outcome = Outcome::default();
        // Whoever speaks in a new room takes it as it is.
        self.is_locked = false;
        if speech.is_subject {
            self.subject = Some(message.clone());
            outcome.is_lasting = true;
        } else if speech.is_kept {
            let most = self.settings.history;
            self.history
                .push(message.clone(), most, self.limits.history_bytes);
            outcome.is_lasting = most > 0;
        }
        outcome.tell_all(Words::Message(message));
        Ok(outcome)
    }

    /// Says something in the room's own name: from its address without a nickname, which no occupant has.
    pub(crate) fn announce(&mut self, content: Arc<str>, now: u64) -> Outcome {
        let message = Arc::new(Spoken {
            nick: "".into(),
            id: None,
            number: self.next_number(),
            content,
            at: now,
        });
        let mut outcome = Outcome {
            is_lasting: true,
            ..Outcome::default()
        };
        let most = self.settings.history;
        self.history
            .push(message.clone(), most, self.limits.history_bytes);
        outcome.tell_all(Words::Message(message));
        outcome
    }

    /// Passes a message on to one occupant.
    pub(crate) fn whisper(
        &self,
        visitor: &Visitor,
        to: &str,
        variant: &str,
        id: Option<Arc<str>>,
        content: Arc<str>,
    ) -> Result<Outcome, Refusal> {
        let (nick, occupant) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        let least = match self.settings.private_messages {
            Whom::Anyone => Some(Role::Visitor),
            Whom::Participants => Some(Role::Participant),
            Whom::Moderators => Some(Role::Moderator),
            Whom::Nobody => None,
        };
        if least.is_none_or(|least| occupant.role < least) {
            return Err(Refusal::PrivateForbidden);
        }
        let other = self.occupants.get(to).ok_or(Refusal::NobodyOfThatNick)?;
        let mut outcome = Outcome::default();
        outcome.tell(
            Audience::These(other.jids()),
            Words::Private {
                nick: nick.clone(),
                variant: variant.into(),
                id,
                content,
            },
        );
        Ok(outcome)
    }

    /// Passes a question or an answer on to one occupant: to its newest session.
    pub(crate) fn question(
        &self,
        visitor: &Visitor,
        to: &str,
        variant: &str,
        id: Option<Arc<str>>,
        content: Arc<str>,
    ) -> Result<Outcome, Refusal> {
        let (nick, _) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        let other = self.occupants.get(to).and_then(Occupant::newest);
        let other = other.ok_or(Refusal::NobodyOfThatNick)?;
        let mut outcome = Outcome::default();
        outcome.tell_one(
            &other.full,
            Words::Question {
                nick: nick.clone(),
                variant: variant.into(),
                id,
                content,
            },
        );
        Ok(outcome)
    }

    /// Invites somebody, or tells an inviter that somebody will not come.
    pub(crate) fn invite(
        &mut self,
        visitor: &Visitor,
        invitation: &Invitation,
    ) -> Result<Outcome, Refusal> {
        let mut outcome = Outcome::default();
        if !invitation.is_decline {
            if self.occupant_of(&visitor.full).is_none() {
                return Err(Refusal::NotInside);
            }
            if self.settings.is_members_only {
                let own = self.affiliation(&visitor.bare);
                if own < Affiliation::Admin && !self.settings.members_invite {
                    return Err(Refusal::InvitationForbidden);
                }
                let bare = crate::address::bare(&invitation.to);
                if self.affiliation(bare) == Affiliation::None {
                    self.make_room_for_affiliation()?;
                    self.affiliations.insert(bare.into(), Affiliation::Member);
                    outcome.is_lasting = true;
                }
            }
        }
        outcome.tell_one(
            &invitation.to,
            Words::Invitation {
                is_decline: invitation.is_decline,
                from: visitor.bare.clone(),
                reason: invitation.reason.clone(),
            },
        );
        Ok(outcome)
    }
}
