//! Subscriptions to presence between two accounts of this server (RFC 6121 §3): both sides of each step.

use std::sync::Arc;

use super::{People, Receipt, Scene};
use crate::roster::Step;
use crate::router::Wakes;
use crate::wire::presence;

/// One of the four stanzas on its way. JIDs are bare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'x> {
    pub(crate) from: &'x Arc<str>,
    pub(crate) to: &'x Arc<str>,
    pub(crate) step: Step,
    /// The stanza after the address of the recipient.
    pub(crate) tail: &'x Arc<str>,
}

/// The sender's roster has no room for another contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl People {
    /// One account says it to another. `is_missing`: there is no such account, which answers by itself.
    pub(crate) fn subscribe(
        &self,
        told: &Told<'_>,
        is_missing: bool,
        wakes: &mut Wakes,
    ) -> Result<Option<Receipt>, NoRoom> {
        let mut scene = self.scene(wakes);
        if told.step == Step::Subscribe {
            let most = self.bounds.contacts;
            let roster = scene.state.rosters.of(told.from);
            roster.note(told.to, most).map_err(|_| NoRoom)?;
        }
        scene.say(told, is_missing);
        Ok(scene.finish())
    }
}

impl Scene<'_> {
    /// The sender's side, and then the recipient's.
    pub(super) fn say(&mut self, told: &Told<'_>, is_missing: bool) {
        let roster = self.state.rosters.of(told.from);
        let was_from = roster.get(told.to).is_some_and(|contact| contact.from);
        let effect = roster.change(told.to, |contact| contact.say(told.step));
        if effect.is_changed {
            self.note(told.from, told.to);
        }
        if effect.is_shown {
            self.push(told.from, told.to);
        }
        if effect.goes_on && is_missing {
            self.answer(told, Step::Unsubscribed);
        } else if effect.goes_on {
            self.hear(told);
            match told.step {
                // From now on it sees who is there, or no longer (§3.1.5, §3.2.1).
                Step::Subscribed => self.show(told.from, told.to),
                Step::Unsubscribed if was_from => self.hide(told.from, told.to),
                _ => {}
            }
        }
    }

    /// The recipient's side.
    fn hear(&mut self, told: &Told<'_>) {
        let most = self.people.bounds.contacts;
        let roster = self.state.rosters.of(told.to);
        if told.step == Step::Subscribe && roster.note(told.from, most).is_err() {
            return self.answer(told, Step::Unsubscribed);
        }
        let was_from = roster.get(told.from).is_some_and(|contact| contact.from);
        let effect = roster.change(told.from, |contact| contact.hear(told.step, told.tail));
        if effect.is_granted_already {
            return self.answer(told, Step::Subscribed);
        }
        if effect.is_changed {
            self.note(told.to, told.from);
        }
        if effect.goes_on {
            let recipients = if told.step == Step::Subscribe {
                self.available(told.to)
            } else {
                self.interested(told.to)
            };
            for full in recipients {
                self.send_as(told.to, told.tail, &full);
            }
        }
        if effect.is_shown {
            self.push(told.to, told.from);
        }
        if told.step == Step::Unsubscribe && was_from {
            self.hide(told.to, told.from);
        }
    }

    /// The server answers a step for the recipient.
    fn answer(&mut self, told: &Told<'_>, step: Step) {
        let tail = presence::tail_of(told.to, step.as_str()).into();
        self.hear(&Told {
            from: told.to,
            to: told.from,
            step,
            tail: &tail,
        });
    }

    /// Sends the presence of one account to another.
    fn show(&mut self, of: &str, to: &str) {
        let tails: Vec<Arc<str>> = self
            .state
            .attendance
            .available(of)
            .map(|(_, announced)| announced.tail.clone())
            .collect();
        let recipients = self.available(to);
        for tail in tails {
            self.send(&tail, &recipients);
        }
    }

    /// The same, as if it were gone.
    fn hide(&mut self, of: &str, from: &str) {
        let recipients = self.available(from);
        for full in self.available(of) {
            self.send(&presence::tail_of(&full, "unavailable"), &recipients);
        }
    }
}
