//! Rosters: whom an account knows, and who may see whom (RFC 6121 §2). Pure state; knows nothing of connections, XML or the disk.
//!
//! What a change comes to is said by `subscription`. Contacts that only asked to subscribe are kept here too and are not shown.

mod contact;
mod subscription;

pub(crate) use self::contact::Contact;
pub(crate) use self::subscription::{Effect, Step};

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// The longest name of a contact or of a group, in bytes (as long as a JID part).
pub(crate) const LONGEST_NAME: usize = 1023;

/// The most groups of one contact.
pub(crate) const MOST_GROUPS: usize = 32;

/// One account's contacts, by bare JID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    contacts: BTreeMap<Arc<str>, Contact>,
}

/// Why a contact was not noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyContacts;

impl Roster {
    pub(crate) fn get(&self, jid: &str) -> Option<&Contact> {
        self.contacts.get(jid)
    }

    /// All that is shown, in the order of the JIDs.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&Arc<str>, &Contact)> {
        self.contacts
            .iter()
            .filter(|(_, contact)| contact.is_listed)
    }

    /// Everybody, also who only asks to subscribe.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Contact)> {
        self.contacts.iter()
    }

    /// The contact, noted if it is new and there is room.
    pub(crate) fn note(
        &mut self,
        jid: &Arc<str>,
        most: usize,
    ) -> Result<&mut Contact, TooManyContacts> {
        if self.contacts.len() >= most && !self.contacts.contains_key(jid) {
            return Err(TooManyContacts);
        }
        Ok(self.contacts.entry(jid.clone()).or_default())
    }

    pub(crate) fn remove(&mut self, jid: &str) -> Option<Contact> {
        self.contacts.remove(jid)
    }

    /// Takes steps with a contact; one of which nothing is left is forgotten.
    pub(crate) fn change(
        &mut self,
        jid: &str,
        step: impl FnOnce(&mut Contact) -> Effect,
    ) -> Effect {
        let Some(contact) = self.contacts.get_mut(jid) else {
            return step(&mut Contact::default());
        };
        let effect = step(contact);
        if contact.is_blank() {
            self.contacts.remove(jid);
        }
        effect
    }

    /// Names what is shown, so that a client that has it already need not be sent it again (RFC 6121 §2.6). The same contacts have the same version.
    pub(crate) fn version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        for (jid, contact) in self.listed() {
            jid.hash(&mut hasher);
            contact.name.hash(&mut hasher);
            contact.groups.hash(&mut hasher);
            (contact.to, contact.from, contact.has_asked).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }
}

/// The rosters of all accounts, by bare JID.
#[derive(Debug, Default)]
pub(crate) struct Rosters {
    all: HashMap<Arc<str>, Roster>,
}

impl Rosters {
    pub(crate) fn get(&self, owner: &str) -> Option<&Roster> {
        self.all.get(owner)
    }

    pub(crate) fn of(&mut self, owner: &Arc<str>) -> &mut Roster {
        self.all.entry(owner.clone()).or_default()
    }

    pub(crate) fn contact(&self, owner: &str, jid: &str) -> Option<&Contact> {
        self.all.get(owner)?.get(jid)
    }

    /// An account is gone.
    pub(crate) fn remove(&mut self, owner: &str) -> Option<Roster> {
        self.all.remove(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_has_room_for_so_many_and_the_known_stay_known() {
        let mut roster = Roster::default();
        assert!(roster.note(&"a@x".into(), 1).is_ok());
        assert_eq!(roster.note(&"b@x".into(), 1), Err(TooManyContacts));
        assert!(roster.note(&"a@x".into(), 1).is_ok());
    }

    #[test]
    fn the_version_tells_what_is_shown_and_nothing_else() {
        let mut roster = Roster::default();
        let empty = roster.version();
        let contact = roster.note(&"a@x".into(), 9).expect("room");
        contact.request = Some("<presence/>".into());
        assert_eq!(roster.version(), empty);
        assert_eq!(roster.listed().count(), 0);
        roster.note(&"a@x".into(), 9).expect("room").is_listed = true;
        let listed = roster.version();
        assert_ne!(listed, empty);
        roster.note(&"a@x".into(), 9).expect("room").name = "Ann".into();
        assert_ne!(roster.version(), listed);
        roster.remove("a@x");
        assert_eq!(roster.version(), empty);
    }

    #[test]
    fn a_contact_of_which_nothing_is_left_is_forgotten() {
        let mut roster = Roster::default();
        roster.note(&"a@x".into(), 9).expect("room").request = Some("<presence/>".into());
        let effect = roster.change("a@x", |contact| contact.say(Step::Unsubscribed));
        assert!(effect.is_changed);
        assert_eq!(roster.get("a@x"), None);
    }
}
