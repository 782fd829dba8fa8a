//! Coming and going: entering, changing one's presence or nickname, leaving (XEP-0045 §7.1 to 7.6, 7.14).

use std::collections::btree_map;
use std::sync::Arc;

use super::refusal::Refusal;
use super::room::{Occupant, Room, Session};
use super::standing::{Affiliation, Role};
use super::vocabulary::{Announcement, Audience, Entry, Outcome, Visitor, Words};

impl Room {
    /// Presence to a nickname: enters, says something new of oneself, or takes another nickname.
    pub(crate) fn enter(
        &mut self,
        visitor: &Visitor,
        nick: &Arc<str>,
        entry: Entry,
        is_entering: bool,
        now: u64,
    ) -> Result<Outcome, Refusal> {
        if nick.len() > self.limits.nick {
            return Err(Refusal::LongNick);
        }
        if entry.presence.len() > self.limits.presence {
            return Err(Refusal::LongPresence);
        }
        match self.nicks.get(&visitor.full).cloned() {
            Some(current) if current == *nick && !is_entering => {
                Ok(self.change_presence(visitor, nick, entry.presence))
            }
            Some(current) if current != *nick => self.rename(&current, nick),
            Some(_) => {
                // It has lost its place without our knowing, and comes anew.
                self.check_entry(visitor, nick, &entry)?;
                self.forget(visitor, nick);
                Ok(self.admit(visitor, nick, entry, now))
            }
            None => {
                self.check_entry(visitor, nick, &entry)?;
                Ok(self.admit(visitor, nick, entry, now))
            }
        }
    }

    /// Whether somebody may come in.
    fn check_entry(
        &self,
        visitor: &Visitor,
        nick: &Arc<str>,
        entry: &Entry,
    ) -> Result<(), Refusal> {
        let affiliation = self.affiliation(&visitor.bare);
        let is_owner = affiliation == Affiliation::Owner;
        if affiliation == Affiliation::Outcast {
            return Err(Refusal::Banned);
        }
        if self.is_locked && !is_owner {
            return Err(Refusal::Locked);
        }
        if self.settings.is_members_only && affiliation < Affiliation::Member {
            return Err(Refusal::MembersOnly);
        }
        // An owner may look the password up.
        let password = &self.settings.password;
        if !password.is_empty() && !is_owner && entry.password.as_ref() != Some(password) {
            return Err(Refusal::Password);
        }
        let rival = self.occupants.get(nick);
        if rival.is_some_and(|occupant| occupant.bare != visitor.bare) {
            return Err(Refusal::NickTaken);
        }
        let most = self.settings.max_users.min(self.limits.bounds.occupants);
        let is_inside = self.nicks.contains_key(&visitor.full);
        if self.population() >= most && affiliation < Affiliation::Admin && !is_inside {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    fn admit(&mut self, visitor: &Visitor, nick: &Arc<str>, entry: Entry, now: u64) -> Outcome {
        let affiliation = self.affiliation(&visitor.bare);
        let is_new = !self.occupants.contains_key(nick);
        let role = Role::on_entering(affiliation, self.settings.is_moderated);
        let occupant = self
            .occupants
            .entry(nick.clone())
            .or_insert_with(|| Occupant {
                bare: visitor.bare.clone(),
                role,
                sessions: Vec::new(),
            });
        occupant.sessions.push(Session {
            full: visitor.full.clone(),
            stream: visitor.session,
            presence: entry.presence,
        });
        self.nicks.insert(visitor.full.clone(), nick.clone());
        let mut outcome = Outcome::default();
        outcome.tell_one(&visitor.full, Words::Company(nick.clone()));
        let Some(occupant) = self.occupants.get(nick) else {
            return outcome;
        };
        let mut announcement = self.announcement(nick, occupant);
        if self.settings.is_non_anonymous {
            announcement.own_statuses.push(100);
        }
        if self.is_locked {
            announcement.own_statuses.push(201);
        }
        if is_new {
            outcome.tell_all(Words::Presence(announcement));
        } else {
            // The others have met this occupant already.
            outcome.tell_one(&visitor.full, Words::Presence(announcement));
        }
        for message in self.history.select(&entry.past, now) {
            outcome.tell_one(&visitor.full, Words::Past(message));
        }
        outcome.tell_one(&visitor.full, Words::Subject);
        outcome
    }

    fn change_presence(
        &mut self,
        visitor: &Visitor,
        nick: &Arc<str>,
        presence: Arc<str>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(occupant) = self.occupants.get_mut(nick) {
            let sessions = occupant.sessions.iter_mut();
            for session in sessions.filter(|session| session.full == visitor.full) {
                session.presence = presence.clone();
                session.stream = visitor.session;
            }
        }
        if let Some(occupant) = self.occupants.get(nick) {
            let announcement = Announcement {
                presence,
                jid: visitor.full.clone(),
                ..self.announcement(nick, occupant)
            };
            outcome.tell_all(Words::Presence(announcement));
        }
        outcome
    }

    /// §7.6: with all sessions of the occupant.
    fn rename(&mut self, from: &Arc<str>, to: &Arc<str>) -> Result<Outcome, Refusal> {
        if self.occupants.contains_key(to) {
            return Err(Refusal::NickTaken);
        }
        let mut outcome = Outcome::default();
        let Some(occupant) = self.occupants.remove(from) else {
            return Err(Refusal::NotInside);
        };
        for session in &occupant.sessions {
            self.nicks.insert(session.full.clone(), to.clone());
        }
        let here = self.announcement(to, &occupant);
        let gone = Announcement {
            nick: from.clone(),
            is_unavailable: true,
            presence: "".into(),
            new_nick: Some(to.clone()),
            statuses: vec![303],
            ..here.clone()
        };
        self.occupants.insert(to.clone(), occupant);
        outcome.tell_all(Words::Presence(gone));
        outcome.tell_all(Words::Presence(here));
        Ok(outcome)
    }

    /// §7.14: a session leaves. `presence` is what it says on leaving.
    pub(crate) fn leave(
        &mut self,
        full: &str,
        presence: Arc<str>,
        statuses: &[u16],
    ) -> Result<Outcome, Refusal> {
        let (full, nick) = self.nicks.remove_entry(full).ok_or(Refusal::NotInside)?;
        let mut outcome = Outcome::default();
        outcome.gone.push(full.clone());
        let Some(occupant) = self.occupants.get_mut(&nick) else {
            return Ok(outcome);
        };
        occupant.sessions.retain(|session| session.full != full);
        let is_last = occupant.sessions.is_empty();
        let bare = occupant.bare.clone();
        let announcement = Announcement {
            nick: nick.clone(),
            is_unavailable: true,
            presence,
            affiliation: self.affiliation(&bare),
            role: Some(Role::None),
            jid: full.clone(),
            statuses: statuses.to_vec(),
            ..Announcement::default()
        };
        outcome.tell_one(&full, Words::Presence(announcement.clone()));
        if is_last {
            self.occupants.remove(&nick);
            outcome.tell_all(Words::Presence(announcement));
        }
        Ok(outcome)
    }

    /// A session has ended. Another of the same name that came since stays.
    pub(crate) fn lose(&mut self, full: &str, session: u64) -> Outcome {
        let is_it = self.occupant_of(full).is_some_and(|(_, occupant)| {
            let sessions = &mut occupant.sessions.iter();
            sessions.any(|one| &*one.full == full && one.stream == session)
        });
        if !is_it {
            return Outcome::default();
        }
        self.leave(full, "".into(), &[]).unwrap_or_default()
    }

    fn forget(&mut self, visitor: &Visitor, nick: &Arc<str>) {
        self.nicks.remove(&visitor.full);
        if let btree_map::Entry::Occupied(mut entry) = self.occupants.entry(nick.clone()) {
            let sessions = &mut entry.get_mut().sessions;
            sessions.retain(|session| session.full != visitor.full);
            if sessions.is_empty() {
                entry.remove();
            }
        }
    }

    /// Puts an occupant out with all sessions, and tells everybody why. The announcement says all but who it is.
    pub(super) fn put_out(&mut self, nick: &Arc<str>, why: &Announcement, outcome: &mut Outcome) {
        let Some(occupant) = self.occupants.remove(nick) else {
            return;
        };
        for session in &occupant.sessions {
            self.nicks.remove(&session.full);
            outcome.gone.push(session.full.clone());
        }
        let announcement = Announcement {
            nick: nick.clone(),
            is_unavailable: true,
            affiliation: self.affiliation(&occupant.bare),
            role: Some(Role::None),
            jid: occupant
                .newest()
                .map_or_else(|| occupant.bare.clone(), |session| session.full.clone()),
            ..why.clone()
        };
        let themselves = Audience::These(occupant.jids());
        outcome.tell(themselves, Words::Presence(announcement.clone()));
        outcome.tell_all(Words::Presence(announcement));
    }
}
