//! Who comes, stays and goes, and who is told (RFC 6121 §4).
//!
//! Presence goes to the contacts that may see it, to the account's other clients that have asked for the roster, and to whom it is addressed. A client that
//! never asked for the roster is not told of its own account's clients: programs that publish by the hundred under one account do not hear each other.

use std::sync::Arc;

use super::{People, Receipt, Scene, Write};
use crate::address;
use crate::presence::{Announced, MOST_DIRECTED};
use crate::router::{Peer, Wakes};
use crate::service::vocabulary::Actor;
use crate::wire::presence::{self, Said};

/// What a client is owed that has sent presence.
#[derive(Debug, Default)]
pub(crate) struct Greeting {
    /// It is there now and was not before.
    pub(crate) is_new: bool,
    /// It is known by now what it wants to hear, and was not before.
    pub(crate) wants_news: bool,
    pub(crate) receipt: Option<Receipt>,
}

/// Why presence went nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Sent in particular to too many addresses.
    TooManyDirected,
}

impl People {
    /// A client says that it is there.
    pub(crate) fn announce(
        &self,
        peer: &Arc<Peer>,
        tail: &Arc<str>,
        said: Said,
        wakes: &mut Wakes,
    ) -> Greeting {
        let actor = &peer.actor;
        let mut scene = self.scene(wakes);
        let is_new = peer.announce(said.priority.into(), said.show);
        let own = scene
            .state
            .attendance
            .note(&actor.bare, &actor.full, actor.session);
        own.announced = Some(Announced {
            tail: tail.clone(),
            priority: said.priority,
        });
        let recipients = scene.audience(&actor.bare);
        scene.send(tail, &recipients);
        if is_new {
            scene.show_contacts(actor);
            let own = scene
                .state
                .attendance
                .note(&actor.bare, &actor.full, actor.session);
            if own.is_interested {
                scene.show_other_resources(actor);
            }
        }
        let wants_news = scene.learn(peer, said.caps) || (is_new && scene.has_wants(actor));
        if said.priority >= 0 {
            scene.hand_out(peer);
        }
        Greeting {
            is_new,
            wants_news,
            receipt: scene.finish(),
        }
    }

    /// A client says that it is not there any more, while it stays connected.
    pub(crate) fn withdraw(&self, peer: &Peer, tail: &str, wakes: &mut Wakes) {
        peer.withdraw();
        let actor = &peer.actor;
        let mut scene = self.scene(wakes);
        let attendance = &mut scene.state.attendance;
        let Some(own) = attendance.find(&actor.bare, &actor.full, actor.session) else {
            return;
        };
        let was_there = own.announced.take().is_some();
        let directed = std::mem::take(&mut own.directed);
        own.caps = crate::presence::Caps::default();
        scene.part(&actor.bare, tail, was_there, directed);
        if was_there {
            // It hears of itself too, if it hears of its account at all.
            let own = scene
                .state
                .attendance
                .find(&actor.bare, &actor.full, actor.session);
            if own.is_some_and(|own| own.is_interested) {
                scene.send(tail, std::slice::from_ref(&actor.full));
            }
        }
    }

    /// A connection is over, for whatever reason.
    pub(crate) fn depart(&self, actor: &Actor, wakes: &mut Wakes) {
        let mut scene = self.scene(wakes);
        let attendance = &mut scene.state.attendance;
        if let Some(gone) = attendance.remove(&actor.bare, &actor.full, actor.session) {
            let tail = presence::tail_of(&actor.full, "unavailable");
            scene.part(&actor.bare, &tail, gone.announced.is_some(), gone.directed);
        }
    }

    /// Presence to somebody in particular (RFC 6121 §4.6).
    pub(crate) fn direct(
        &self,
        actor: &Actor,
        to: &Arc<str>,
        is_available: bool,
        tail: &str,
        wakes: &mut Wakes,
    ) -> Result<(), Refusal> {
        let mut scene = self.scene(wakes);
        let is_seen_anyway = scene
            .state
            .rosters
            .contact(&actor.bare, address::bare(to))
            .is_some_and(|contact| contact.from);
        let own = scene
            .state
            .attendance
            .note(&actor.bare, &actor.full, actor.session);
        if !is_available {
            own.directed.remove(to);
        } else if !is_seen_anyway || own.announced.is_none() {
            if own.directed.len() >= MOST_DIRECTED && !own.directed.contains(to) {
                return Err(Refusal::TooManyDirected);
            }
            own.directed.insert(to.clone());
        }
        scene.pass(to, tail);
        Ok(())
    }

    /// Whatever else one resource says to another by presence: errors.
    pub(crate) fn pass_presence(&self, to: &str, tail: &str, wakes: &mut Wakes) {
        self.scene(wakes).pass(to, tail);
    }

    /// Answers a client that asks whether a contact is there (RFC 6121 §4.3).
    pub(crate) fn probe(&self, actor: &Actor, to: &str, wakes: &mut Wakes) {
        let mut scene = self.scene(wakes);
        let bare = address::bare(to);
        let contact = scene.state.rosters.contact(bare, &actor.bare);
        if bare != &*actor.bare && !contact.is_some_and(|contact| contact.from) {
            let tail = presence::tail_of(bare, "unsubscribed");
            return scene.send(&tail, std::slice::from_ref(&actor.full));
        }
        let tails = scene.tails(bare, |full| to == bare || to == full);
        if tails.is_empty() {
            let tail = presence::tail_of(to, "unavailable");
            scene.send(&tail, std::slice::from_ref(&actor.full));
        }
        for tail in tails {
            scene.send(&tail, std::slice::from_ref(&actor.full));
        }
    }
}

impl Scene<'_> {
    /// Who hears of the presence of an account.
    fn audience(&self, bare: &str) -> Vec<Arc<str>> {
        let own = self.state.attendance.available(bare);
        let mut audience: Vec<Arc<str>> = own
            .filter(|(resource, _)| resource.is_interested)
            .map(|(resource, _)| resource.full.clone())
            .collect();
        if let Some(roster) = self.state.rosters.get(bare) {
            for (jid, _) in roster.all().filter(|(_, contact)| contact.from) {
                audience.extend(self.available(jid));
            }
        }
        audience
    }

    /// Tells everybody that a resource is gone.
    fn part(
        &mut self,
        bare: &str,
        tail: &str,
        was_there: bool,
        directed: impl IntoIterator<Item = Arc<str>>,
    ) {
        let audience = if was_there {
            self.audience(bare)
        } else {
            Vec::new()
        };
        self.send(tail, &audience);
        for to in directed {
            if !audience
                .iter()
                .any(|told| told == &to || address::bare(told) == &*to)
            {
                self.pass(&to, tail);
            }
        }
    }

    /// Hands presence to whom a JID stands for.
    fn pass(&mut self, to: &str, tail: &str) {
        if to.contains('/') {
            self.send_as(to, tail, to);
        } else {
            for full in self.available(to) {
                self.send_as(to, tail, &full);
            }
        }
    }

    fn tails(&self, bare: &str, is_meant: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let available = self.state.attendance.available(bare);
        available
            .filter(|(resource, _)| is_meant(&resource.full))
            .map(|(_, announced)| announced.tail.clone())
            .collect()
    }

    /// Sends a resource what it is to know when it comes: who of its contacts is there, and who asks to subscribe (§4.2.2, §3.1.3).
    fn show_contacts(&mut self, actor: &Actor) {
        let Some(roster) = self.state.rosters.get(&actor.bare) else {
            return;
        };
        let mut requests = Vec::new();
        let mut seen = Vec::new();
        for (jid, contact) in roster.all() {
            if contact.to {
                seen.push(jid.clone());
            }
            requests.extend(contact.request.clone());
        }
        for jid in seen {
            for tail in self.tails(&jid, |_| true) {
                self.send(&tail, std::slice::from_ref(&actor.full));
            }
        }
        for tail in requests {
            self.send_as(&actor.bare, &tail, &actor.full);
        }
    }

    /// Sends a resource the presence of the others of its account.
    fn show_other_resources(&mut self, actor: &Actor) {
        for tail in self.tails(&actor.bare, |full| *full != *actor.full) {
            self.send(&tail, std::slice::from_ref(&actor.full));
        }
    }

    /// The same with its own.
    pub(super) fn show_own_resources(&mut self, actor: &Actor) {
        for tail in self.tails(&actor.bare, |_| true) {
            self.send(&tail, std::slice::from_ref(&actor.full));
        }
    }

    /// Hands a resource the messages that have waited for its account.
    fn hand_out(&mut self, peer: &Arc<Peer>) {
        let owner = &peer.actor.bare;
        let messages = self.state.offline.take(owner);
        if let Some(last) = messages.back() {
            self.writes.push(Write::Delivered {
                owner: owner.clone(),
                number: last.number,
            });
        }
        for kept in messages {
            self.wakes.deliver(peer, &[&kept.stanza]);
        }
    }
}
