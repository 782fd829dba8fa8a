//! What only an owner does: configure the room, and end it (XEP-0045 §10.1, 10.2, 10.9).

use std::sync::Arc;

use super::refusal::Refusal;
use super::room::Room;
use super::settings::{self, Settings};
use super::standing::Affiliation;
use super::vocabulary::{Announcement, Destroyed, Outcome, Visitor, Words};

impl Room {
    /// Whether the visitor owns the room.
    pub(crate) fn require_owner(&self, visitor: &Visitor) -> Result<(), Refusal> {
        if self.affiliation(&visitor.bare) == Affiliation::Owner {
            Ok(())
        } else {
            Err(Refusal::OwnersOnly)
        }
    }

    /// Takes a submitted form. An empty one takes the room as it is (an instant room, §10.1.2).
    pub(crate) fn configure<'f>(
        &mut self,
        visitor: &Visitor,
        fields: impl Iterator<Item = (&'f str, &'f str)>,
    ) -> Result<Outcome, Refusal> {
        self.require_owner(visitor)?;
        let changed = settings::submit(&self.settings, fields, &self.limits.bounds)
            .ok_or(Refusal::BadSetting)?;
        let before = std::mem::replace(&mut self.settings, changed);
        let was_locked = std::mem::take(&mut self.is_locked);
        let mut outcome = Outcome {
            is_lasting: before.is_persistent || self.settings.is_persistent,
            ..Outcome::default()
        };
        self.history
            .trim(self.settings.history, self.limits.history_bytes);
        if self.settings.is_members_only && !before.is_members_only {
            self.put_out_strangers(&mut outcome);
        }
        let statuses = changes(&before, &self.settings);
        if !statuses.is_empty() && !was_locked {
            outcome.tell_all(Words::Changed(statuses));
        }
        Ok(outcome)
    }

    /// §9.4: the room is for members now.
    fn put_out_strangers(&mut self, outcome: &mut Outcome) {
        let strangers: Vec<Arc<str>> = self
            .occupants
            .iter()
            .filter(|(_, occupant)| self.affiliation(&occupant.bare) < Affiliation::Member)
            .map(|(nick, _)| nick.clone())
            .collect();
        let why = Announcement {
            statuses: vec![322],
            ..Announcement::default()
        };
        for nick in strangers {
            self.put_out(&nick, &why, outcome);
        }
    }

    /// Ends the room, whatever it is set to.
    pub(crate) fn destroy(
        &mut self,
        visitor: &Visitor,
        destroyed: &Destroyed,
    ) -> Result<Outcome, Refusal> {
        self.require_owner(visitor)?;
        let mut outcome = Outcome {
            is_lasting: self.settings.is_persistent,
            ..Outcome::default()
        };
        self.settings.is_persistent = false;
        self.is_gone = true;
        let why = Announcement {
            destroyed: Some(destroyed.clone()),
            ..Announcement::default()
        };
        // Each hears of its own end; there is nobody left to tell of the others.
        for (nick, occupant) in std::mem::take(&mut self.occupants) {
            for session in &occupant.sessions {
                outcome.gone.push(session.full.clone());
                let announcement = Announcement {
                    nick: nick.clone(),
                    is_unavailable: true,
                    role: Some(super::standing::Role::None),
                    jid: session.full.clone(),
                    ..why.clone()
                };
                outcome.tell_one(&session.full, Words::Presence(announcement));
            }
        }
        self.nicks.clear();
        Ok(outcome)
    }
}

/// The status codes that tell what became different (§10.2.1).
fn changes(before: &Settings, after: &Settings) -> Vec<u16> {
    let mut statuses = Vec::new();
    if before.is_non_anonymous != after.is_non_anonymous {
        statuses.push(if after.is_non_anonymous { 172 } else { 173 });
    }
    let unopened = |settings: &Settings| Settings {
        is_non_anonymous: false,
        ..settings.clone()
    };
    if unopened(before) != unopened(after) {
        statuses.push(104);
    }
    statuses
}
