//! What clients can do, asked once for each claim (XEP-0115).

use std::sync::Arc;

use super::{People, Scene};
use crate::presence::Caps;
use crate::presence::caps::{Answer, Claim};
use crate::router::Peer;
use crate::service::vocabulary::Actor;
use crate::wire::stanza::{self, Kind};
use crate::wire::{attribute, stanza::close};

impl People {
    /// Whether the client was asked a question of that id and has not answered.
    pub(crate) fn has_asked(&self, actor: &Actor, id: &str) -> bool {
        let mut state = self.state();
        let resource = state
            .attendance
            .find(&actor.bare, &actor.full, actor.session);
        resource.is_some_and(|resource| resource.caps.asked.as_deref() == Some(id))
    }

    /// A client has answered what it can do, or that it does not say. Returns whether it wants to hear something.
    pub(crate) fn learn(&self, actor: &Actor, answer: Option<&Answer>) -> bool {
        let mut state = self.state();
        let state = &mut *state;
        let Some(resource) = state
            .attendance
            .find(&actor.bare, &actor.full, actor.session)
        else {
            return false;
        };
        resource.caps.asked = None;
        let (Some(answer), Some(claim)) = (answer, resource.caps.claimed.clone()) else {
            return false;
        };
        let wants = Arc::new(answer.wants());
        // What is not as claimed stands for this one client only.
        if answer.is_as_claimed(&claim) {
            state.capabilities.remember(claim, wants.clone());
        }
        resource.caps.wants = Some(wants.clone());
        !wants.is_empty()
    }
}

impl Scene<'_> {
    /// Notes what a client claims, and asks it if nobody has answered for the same claim yet. Returns whether it wants to hear something that it did not before.
    pub(super) fn learn(&mut self, peer: &Arc<Peer>, claim: Option<Claim>) -> bool {
        let actor = &peer.actor;
        let state = &mut *self.state;
        let own = state
            .attendance
            .note(&actor.bare, &actor.full, actor.session);
        let Some(claim) = claim.filter(|_| !actor.is_anonymous) else {
            return false;
        };
        if own.caps.claimed.as_ref() == Some(&claim) {
            return false;
        }
        let known = state.capabilities.get(&claim);
        let asks = known.is_none();
        own.caps = Caps {
            wants: known,
            claimed: Some(claim),
            asked: None,
        };
        if !asks {
            return own
                .caps
                .wants
                .as_ref()
                .is_some_and(|wants| !wants.is_empty());
        }
        state.asked += 1;
        let id = format!("caps-{:x}", state.asked);
        let mut question = String::new();
        let from = Some(&*self.people.domain);
        stanza::open(
            &mut question,
            Kind::Iq,
            "get",
            Some(&id),
            from,
            Some(&actor.full),
        );
        question.push_str("><query xmlns='http://jabber.org/protocol/disco#info'");
        if let Some(claim) = &own.caps.claimed {
            attribute(
                &mut question,
                "node",
                &format!("{}#{}", claim.node, claim.ver),
            );
        }
        question.push_str("/>");
        close(&mut question, Kind::Iq);
        own.caps.asked = Some(id.into());
        self.wakes.deliver(peer, &[&question]);
        false
    }

    pub(super) fn has_wants(&mut self, actor: &Actor) -> bool {
        let attendance = &mut self.state.attendance;
        let own = attendance.note(&actor.bare, &actor.full, actor.session);
        own.caps
            .wants
            .as_ref()
            .is_some_and(|wants| !wants.is_empty())
    }
}
