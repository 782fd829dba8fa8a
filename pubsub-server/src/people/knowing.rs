//! The roster of an account as its clients see and change it (RFC 6121 §2).

use std::fmt::Write as _;
use std::sync::Arc;

use super::subscribing::Told;
use super::{People, Receipt, Scene, Write};
use crate::roster::{Step, TooManyContacts};
use crate::router::Wakes;
use crate::service::vocabulary::Actor;
use crate::wire::presence;
use crate::wire::roster::{self, Change};

/// Why a roster was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    TooMany,
    /// There is no such contact to remove.
    NoContact,
}

impl From<TooManyContacts> for Unknown {
    fn from(TooManyContacts: TooManyContacts) -> Self {
        Self::TooMany
    }
}

impl People {
    /// Writes the roster for a client, which from now on is told of its changes; nothing if the client has this version.
    pub(crate) fn read_roster(
        &self,
        actor: &Actor,
        version: Option<&str>,
        out: &mut String,
        wakes: &mut Wakes,
    ) {
        let mut scene = self.scene(wakes);
        let state = &mut *scene.state;
        let own = state
            .attendance
            .note(&actor.bare, &actor.full, actor.session);
        let is_late = !own.is_interested && own.announced.is_some();
        own.is_interested = true;
        let current = state.rosters.of(&actor.bare).version();
        if version != Some(&current) {
            roster::open(out, &current);
            for (jid, contact) in state.rosters.of(&actor.bare).listed() {
                roster::write_item(out, jid, Some(contact));
            }
            out.push_str("</query>");
        }
        if is_late {
            scene.show_own_resources(actor);
        }
    }

    /// Notes a contact, or removes one (RFC 6121 §2.3 to §2.5).
    pub(crate) fn change_roster(
        &self,
        actor: &Actor,
        change: Change,
        wakes: &mut Wakes,
    ) -> Result<Option<Receipt>, Unknown> {
        let mut scene = self.scene(wakes);
        let jid = change.jid.clone();
        if change.is_removal {
            let roster = scene.state.rosters.of(&actor.bare);
            let contact = roster.get(&jid).filter(|contact| contact.is_listed);
            let contact = contact.ok_or(Unknown::NoContact)?.clone();
            // What stands between both ends first, and each side hears of it (§2.5.2).
            let (hears, is_heard) = (
                contact.to || contact.has_asked,
                contact.from || contact.request.is_some(),
            );
            for (step, is_due) in [(Step::Unsubscribe, hears), (Step::Unsubscribed, is_heard)] {
                if is_due {
                    let tail = presence::tail_of(&actor.bare, step.as_str()).into();
                    let told = Told {
                        from: &actor.bare,
                        to: &jid,
                        step,
                        tail: &tail,
                    };
                    scene.say(&told, false);
                }
            }
            scene.state.rosters.of(&actor.bare).remove(&jid);
            scene.push(&actor.bare, &jid);
        } else {
            let most = self.bounds.contacts;
            let contact = scene.state.rosters.of(&actor.bare).note(&jid, most)?;
            contact.name = change.name;
            contact.groups = change.groups;
            contact.is_listed = true;
            scene.push(&actor.bare, &jid);
        }
        scene.note(&actor.bare, &jid);
        Ok(scene.finish())
    }

    /// An account is gone: whoever knew it hears that it is not there any more, and what it had goes with it.
    pub(crate) fn forget(&self, owner: &Arc<str>, wakes: &mut Wakes) -> Option<Receipt> {
        let mut scene = self.scene(wakes);
        let known: Vec<Arc<str>> = scene
            .state
            .rosters
            .get(owner)
            .into_iter()
            .flat_map(|roster| roster.all().map(|(jid, _)| jid.clone()))
            .collect();
        for jid in &known {
            for step in [Step::Unsubscribe, Step::Unsubscribed] {
                let tail = presence::tail_of(owner, step.as_str()).into();
                let told = Told {
                    from: owner,
                    to: jid,
                    step,
                    tail: &tail,
                };
                scene.say(&told, false);
            }
        }
        scene.state.rosters.remove(owner);
        scene.state.offline.take(owner);
        scene.writes.push(Write::Gone {
            owner: owner.clone(),
        });
        scene.finish()
    }
}

impl Scene<'_> {
    /// Tells all interested clients of an account what has become of a contact (RFC 6121 §2.1.6).
    pub(super) fn push(&mut self, owner: &Arc<str>, jid: &str) {
        let recipients = self.interested(owner);
        if recipients.is_empty() {
            return;
        }
        let roster = self.state.rosters.of(owner);
        let mut tail = String::from("'>");
        roster::open(&mut tail, &roster.version());
        let contact = roster.get(jid).filter(|contact| contact.is_listed);
        roster::write_item(&mut tail, jid, contact);
        tail.push_str("</query></iq>");
        for full in recipients {
            self.state.asked += 1;
            let mut head = String::new();
            let _ = write!(head, "<iq type='set' id='push-{}' to='", self.state.asked);
            if let Some(peer) = self.directory.full(&full) {
                crate::wire::escaped(&mut head, &full);
                self.wakes.deliver(peer, &[&head, &tail]);
            }
        }
    }

    /// Has the contact kept as it is now.
    pub(super) fn note(&mut self, owner: &Arc<str>, jid: &Arc<str>) {
        let contact = self.state.rosters.contact(owner, jid).cloned();
        self.writes.push(Write::Contact {
            owner: owner.clone(),
            jid: jid.clone(),
            contact,
        });
    }
}
