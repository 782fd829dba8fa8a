//! Who may change what somebody is in a room, and what follows from it (XEP-0045 §8 and 9): kick, ban, voice, members, moderators, owners.

use std::sync::Arc;

use super::refusal::Refusal;
use super::room::{Occupant, Room};
use super::standing::{Affiliation, Role};
use super::vocabulary::{Announcement, Audience, Line, Outcome, Visitor, Voice, Words};

impl Room {
    /// Changes affiliations and roles, all that are asked for or none.
    pub(crate) fn govern(&mut self, visitor: &Visitor, lines: &[Line]) -> Result<Outcome, Refusal> {
        if lines.is_empty() {
            return Err(Refusal::BadRequest);
        }
        let mut checked = Vec::with_capacity(lines.len());
        for line in lines {
            checked.push(match (line.affiliation, line.role) {
                (Some(affiliation), _) => {
                    let bare = self.check_affiliation(visitor, line, affiliation)?;
                    (line, Step::Affiliation(bare, affiliation))
                }
                (None, Some(role)) => {
                    let nick = self.check_role(visitor, line, role)?;
                    (line, Step::Role(nick, role))
                }
                (None, None) => return Err(Refusal::BadRequest),
            });
        }
        self.check_owners(&checked)?;
        self.check_number(&checked)?;
        let actor = self
            .occupant_of(&visitor.full)
            .map(|(nick, _)| nick.clone());
        let mut outcome = Outcome::default();
        for (line, step) in checked {
            let why = Announcement {
                actor: actor.clone(),
                reason: line.reason.clone(),
                ..Announcement::default()
            };
            match step {
                Step::Affiliation(bare, affiliation) => {
                    self.affiliate(&bare, affiliation, &why, &mut outcome);
                }
                Step::Role(nick, role) => self.give_role(&nick, role, why, &mut outcome),
            }
        }
        Ok(outcome)
    }

    /// Asks the moderators for voice (§7.13), or does what one of them says to such a request (§8.6).
    pub(crate) fn voice(&mut self, visitor: &Visitor, voice: &Voice) -> Result<Outcome, Refusal> {
        let (nick, occupant) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        if voice.role.is_some_and(|role| role != Role::Participant) {
            return Err(Refusal::BadRequest);
        }
        let mut outcome = Outcome::default();
        let asker = match &voice.nick {
            Some(asker) if occupant.role == Role::Moderator => asker,
            _ if occupant.role >= Role::Participant => return Err(Refusal::HasVoice),
            _ => {
                let moderators = self.occupants.values();
                let moderators = moderators.filter(|occupant| occupant.role == Role::Moderator);
                let moderators: Vec<Arc<str>> = moderators.flat_map(Occupant::jids).collect();
                if moderators.is_empty() {
                    return Err(Refusal::NoModerator);
                }
                let request = Words::VoiceRequest {
                    nick: nick.clone(),
                    jid: visitor.full.clone(),
                };
                outcome.tell(Audience::These(moderators), request);
                return Ok(outcome);
            }
        };
        if !voice.is_granted {
            return Ok(outcome);
        }
        // Somebody else may have taken the nickname meanwhile.
        let found = self.occupants.get_key_value(asker);
        let found = found.filter(|(_, occupant)| {
            let jid = voice.jid.as_deref().map(crate::address::bare);
            jid.is_none_or(|jid| *jid == *occupant.bare)
        });
        let (asker, occupant) = found.ok_or(Refusal::NobodyOfThatNick)?;
        // Another moderator may have been faster.
        if occupant.role == Role::Visitor {
            let asker = asker.clone();
            let why = Announcement {
                actor: Some(nick.clone()),
                ..Announcement::default()
            };
            self.give_role(&asker, Role::Participant, why, &mut outcome);
        }
        Ok(outcome)
    }

    fn check_affiliation(
        &self,
        visitor: &Visitor,
        line: &Line,
        affiliation: Affiliation,
    ) -> Result<Arc<str>, Refusal> {
        let own = self.affiliation(&visitor.bare);
        if own < Affiliation::Admin {
            return Err(Refusal::AdminsOnly);
        }
        let bare = match (&line.jid, &line.nick) {
            (Some(jid), _) => crate::address::bare(jid).into(),
            (None, Some(nick)) => {
                let occupant = self.occupants.get(nick);
                occupant.ok_or(Refusal::NobodyOfThatNick)?.bare.clone()
            }
            (None, None) => return Err(Refusal::BadRequest),
        };
        let is_self = bare == visitor.bare;
        if is_self && affiliation == Affiliation::Outcast {
            return Err(Refusal::Yourself);
        }
        let held = self.affiliation(&bare);
        if own < Affiliation::Owner && affiliation >= Affiliation::Admin {
            return Err(Refusal::OwnersOnly);
        }
        if own < Affiliation::Owner && held >= own && !is_self {
            return Err(Refusal::OfHigherStanding);
        }
        Ok(bare)
    }

    fn check_role(&self, visitor: &Visitor, line: &Line, role: Role) -> Result<Arc<str>, Refusal> {
        let (_, actor) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        if actor.role < Role::Moderator {
            return Err(Refusal::ModeratorsOnly);
        }
        let nick = line.nick.as_ref().ok_or(Refusal::BadRequest)?;
        let (nick, occupant) = self
            .occupants
            .get_key_value(nick)
            .ok_or(Refusal::NobodyOfThatNick)?;
        let own = self.affiliation(&visitor.bare);
        let held = self.affiliation(&occupant.bare);
        if (role == Role::Moderator || occupant.role == Role::Moderator) && own < Affiliation::Admin
        {
            return Err(Refusal::AdminsOnly);
        }
        // Admins and owners are moderators for as long as they are admins and owners (§5.1.2).
        let is_self = occupant.bare == visitor.bare;
        if role < occupant.role && held >= Affiliation::Admin && held >= own && !is_self {
            return Err(Refusal::OfHigherStanding);
        }
        if role < occupant.role && held > own {
            return Err(Refusal::OfHigherStanding);
        }
        Ok(nick.clone())
    }

    /// Somebody has to own the room afterwards.
    fn check_owners(&self, steps: &[(&Line, Step)]) -> Result<(), Refusal> {
        let mut owners: Vec<&str> = self
            .affiliations
            .iter()
            .filter(|(_, held)| **held == Affiliation::Owner)
            .map(|(bare, _)| &**bare)
            .collect();
        for (_, step) in steps {
            if let Step::Affiliation(bare, affiliation) = step {
                owners.retain(|owner| *owner != &**bare);
                if *affiliation == Affiliation::Owner {
                    owners.push(bare);
                }
            }
        }
        if owners.is_empty() {
            return Err(Refusal::LastOwner);
        }
        Ok(())
    }

    fn check_number(&self, steps: &[(&Line, Step)]) -> Result<(), Refusal> {
        let new = steps.iter().filter(|(_, step)| {
            matches!(step, Step::Affiliation(bare, affiliation)
                if *affiliation != Affiliation::None && !self.affiliations.contains_key(bare))
        });
        if self.affiliations.len() + new.count() > self.limits.affiliations {
            return Err(Refusal::TooManyAffiliations);
        }
        Ok(())
    }

    /// Whether one more may have an affiliation.
    pub(super) fn make_room_for_affiliation(&self) -> Result<(), Refusal> {
        if self.affiliations.len() >= self.limits.affiliations {
            return Err(Refusal::TooManyAffiliations);
        }
        Ok(())
    }

    fn affiliate(
        &mut self,
        bare: &Arc<str>,
        affiliation: Affiliation,
        why: &Announcement,
        outcome: &mut Outcome,
    ) {
        outcome.is_lasting = true;
        if affiliation == Affiliation::None {
            self.affiliations.remove(bare);
        } else {
            self.affiliations.insert(bare.clone(), affiliation);
        }
        let nicks: Vec<Arc<str>> = self
            .occupants
            .iter()
            .filter(|(_, occupant)| occupant.bare == *bare)
            .map(|(nick, _)| nick.clone())
            .collect();
        let status = match affiliation {
            Affiliation::Outcast => Some(301),
            Affiliation::None if self.settings.is_members_only => Some(321),
            _ => None,
        };
        let role = Role::on_entering(affiliation, self.settings.is_moderated);
        for nick in nicks {
            match status {
                Some(status) => {
                    let why = Announcement {
                        statuses: vec![status],
                        ..why.clone()
                    };
                    self.put_out(&nick, &why, outcome);
                }
                None => self.give_role(&nick, role, why.clone(), outcome),
            }
        }
    }

    fn give_role(&mut self, nick: &Arc<str>, role: Role, why: Announcement, outcome: &mut Outcome) {
        if role == Role::None {
            let why = Announcement {
                statuses: vec![307],
                ..why
            };
            self.put_out(nick, &why, outcome);
            return;
        }
        if let Some(occupant) = self.occupants.get_mut(nick) {
            occupant.role = role;
        }
        if let Some(occupant) = self.occupants.get(nick) {
            let announcement = Announcement {
                actor: why.actor,
                reason: why.reason,
                ..self.announcement(nick, occupant)
            };
            outcome.tell_all(Words::Presence(announcement));
        }
    }

    /// An account is gone. Whoever makes another of that name later is nobody here.
    pub(crate) fn forget_account(&mut self, bare: &str) -> Outcome {
        let mut outcome = Outcome::default();
        let sessions: Vec<Arc<str>> = self
            .nicks
            .keys()
            .filter(|full| crate::address::bare(full) == bare)
            .cloned()
            .collect();
        for full in sessions {
            if let Ok(left) = self.leave(&full, "".into(), &[]) {
                outcome.tellings.extend(left.tellings);
                outcome.gone.extend(left.gone);
            }
        }
        outcome.is_lasting = self.affiliations.remove(bare).is_some();
        outcome
    }

    /// The lists of §8.4, 8.5, 9.2, 9.5, 9.7, 10.5 and 10.8: by affiliation, or by role.
    pub(crate) fn list(&self, visitor: &Visitor, asked: &Line) -> Result<Vec<Line>, Refusal> {
        let own = self.affiliation(&visitor.bare);
        if let Some(affiliation) = asked.affiliation {
            // Whoever may see everybody's address may know who belongs here.
            let is_open = self.settings.is_non_anonymous
                && own >= Affiliation::Member
                && affiliation >= Affiliation::Member;
            if own < Affiliation::Admin && !is_open {
                return Err(Refusal::AdminsOnly);
            }
            let of = self.affiliations.iter();
            let lines = of.filter(|(_, held)| **held == affiliation);
            return Ok(lines
                .map(|(bare, _)| Line {
                    jid: Some(bare.clone()),
                    affiliation: Some(affiliation),
                    ..Line::default()
                })
                .collect());
        }
        let role = asked.role.ok_or(Refusal::BadRequest)?;
        let (_, actor) = self.occupant_of(&visitor.full).ok_or(Refusal::NotInside)?;
        if actor.role < Role::Moderator {
            return Err(Refusal::ModeratorsOnly);
        }
        let of = self.occupants.iter();
        let lines = of.filter(|(_, occupant)| occupant.role == role);
        Ok(lines
            .map(|(nick, occupant)| Line {
                nick: Some(nick.clone()),
                jid: occupant.newest().map(|session| session.full.clone()),
                affiliation: Some(self.affiliation(&occupant.bare)),
                role: Some(role),
                reason: None,
            })
            .collect())
    }
}

/// A change that is allowed.
enum Step {
    Affiliation(Arc<str>, Affiliation),
    Role(Arc<str>, Role),
}
