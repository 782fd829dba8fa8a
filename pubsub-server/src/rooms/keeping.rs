//! Rooms that outlive the server: what of a room is kept, and how it becomes a room again. Memory is what counts while the server runs; a room
//! that changed is noted, and written as a whole a moment later, so that many changes share one write.

use std::sync::Arc;

use super::room::{Limits, Room};
use super::settings::{self, SETTINGS};
use super::standing::Affiliation;
use super::vocabulary::Spoken;

/// What is kept of a room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) jid: Arc<str>,
    pub(super) founder: Arc<str>,
    /// By the names of the form.
    pub(super) settings: Vec<(String, String)>,
    pub(super) affiliations: Vec<(Arc<str>, Affiliation)>,
    pub(super) subject: Option<Arc<Spoken>>,
    pub(super) history: Vec<Arc<Spoken>>,
}

impl Room {
    /// What is to be kept of it.
    pub(super) fn kept(&self) -> Kept {
        let settings = SETTINGS
            .iter()
            .map(|setting| (setting.name.to_owned(), (setting.read)(&self.settings)));
        let affiliations = self.affiliations.iter();
        Kept {
            jid: self.jid.clone(),
            founder: self.founder.clone(),
            settings: settings.collect(),
            affiliations: affiliations
                .map(|(bare, held)| (bare.clone(), *held))
                .collect(),
            subject: self.subject.clone(),
            history: self.history.iter().cloned().collect(),
        }
    }

    /// The room as it was. A setting beyond what is allowed by now stays at its default.
    pub(super) fn restored(kept: Kept, limits: Limits, epoch: u64) -> Self {
        let mut room = Self::new(kept.jid, kept.founder, limits, epoch);
        for (name, value) in &kept.settings {
            let one = std::iter::once((name.as_str(), value.as_str()));
            if let Some(settings) = settings::submit(&room.settings, one, &limits.bounds) {
                room.settings = settings;
            }
        }
        room.affiliations = kept.affiliations.into_iter().collect();
        room.subject = kept.subject;
        for message in kept.history {
            let most = room.settings.history;
            room.history.push(message, most, limits.history_bytes);
        }
        room.is_kept = true;
        room
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Bounds;
    use super::*;

    #[test]
    fn a_room_comes_back_as_it_was() {
        let limits = Limits {
            bounds: Bounds {
                occupants: 10,
                history: 10,
                text: 100,
            },
            history_bytes: 1000,
            affiliations: 10,
            nick: 10,
            presence: 100,
        };
        let spoken = |at| {
            Arc::new(Spoken {
                nick: "ann".into(),
                id: None,
                number: "1".into(),
                content: "<body>x</body>".into(),
                at,
            })
        };
        let mut room = Room::new("r@s".into(), "ann@d".into(), limits, 1);
        room.settings.is_persistent = true;
        room.settings.password = "open".to_owned();
        room.settings.history = 7;
        room.affiliations
            .insert("bob@d".into(), Affiliation::Outcast);
        room.subject = Some(spoken(1));
        room.history.push(spoken(2), 7, 1000);
        room.history.push(spoken(3), 7, 1000);
        let again = Room::restored(room.kept(), limits, 2);
        assert_eq!(again.kept(), room.kept());
        assert_eq!(again.settings, room.settings);
    }
}
