//! Whom a stanza is for, by its address alone.

use std::sync::Arc;

use super::dialogue::Dialogue;
use crate::address;

/// Where a stanza goes.
pub(super) enum Destination {
    /// The client's own account, which the server answers for.
    Own,
    Domain,
    PubSub,
    /// The rooms, one of them, or somebody in it.
    Rooms(Arc<str>),
    /// Another local address, or an own full one.
    Local(Arc<str>),
    /// A component, or somebody there.
    Component(Arc<str>),
    Elsewhere,
    Nowhere,
}

impl Dialogue {
    pub(super) fn destination(&self, to: Option<&str>) -> Destination {
        let Some(to) = to else {
            return Destination::Own;
        };
        if to == self.host.pubsub() {
            return Destination::PubSub;
        }
        let Some(jid) = address::normalize(to) else {
            return Destination::Nowhere;
        };
        if self.host.is_of_component(&jid) {
            Destination::Component(jid)
        } else if jid == self.peer.actor.bare {
            Destination::Own
        } else if *jid == *self.host.domain {
            Destination::Domain
        } else if *jid == *self.host.pubsub() {
            Destination::PubSub
        } else if self.host.is_of_rooms(&jid) {
            Destination::Rooms(jid)
        } else if address::domain(&jid) == &*self.host.domain && jid.contains('@') {
            Destination::Local(jid)
        } else if [&*self.host.domain, self.host.pubsub()].contains(&address::domain(&jid)) {
            // A resource of the domain or of the service, or somebody at the service: nobody is there.
            Destination::Local(jid)
        } else {
            Destination::Elsewhere
        }
    }
}
