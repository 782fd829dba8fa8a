//! What the service asks of people: who sees whom, who is in which group, and who wants to hear of the nodes of an account.

use std::sync::Arc;

use super::{People, State};
use crate::presence::caps::Wants;
use crate::roster::Contact;
use crate::service::access::reads_by;
use crate::service::node::Affiliations;
use crate::service::options::{AccessModel, NodeConfig};
use crate::service::relations::Relations;

impl Relations for People {
    fn may_see_presence(&self, owner: &str, who: &str) -> bool {
        let state = self.state();
        let contact = state.rosters.contact(owner, who);
        contact.is_some_and(|contact| contact.from)
    }

    fn is_in_group(&self, owner: &str, who: &str, groups: &[String]) -> bool {
        let state = self.state();
        let contact = state.rosters.contact(owner, who);
        contact.is_some_and(|contact| is_in(contact, groups))
    }

    fn is_guest(&self, who: &str) -> bool {
        self.router.directory().is_guest(who)
    }

    fn listeners(
        &self,
        owner: &str,
        node: &str,
        config: &NodeConfig,
        affiliations: &Affiliations,
    ) -> Vec<Arc<str>> {
        let state = self.state();
        let mut listeners = Vec::new();
        state.wanting(owner, node, &mut listeners);
        if let Some(roster) = state.rosters.get(owner) {
            for (jid, contact) in roster.all().filter(|(_, contact)| contact.from) {
                let affiliation = affiliations.get(jid).copied().unwrap_or_default();
                let may_read = reads_by(affiliation).unwrap_or_else(|| match config.access_model {
                    AccessModel::Open | AccessModel::Presence => true,
                    AccessModel::Roster => is_in(contact, &config.roster_groups),
                    // Whom an owner has let in is subscribed, and hears as a subscriber.
                    AccessModel::Authorize | AccessModel::Whitelist => false,
                });
                if may_read {
                    state.wanting(jid, node, &mut listeners);
                }
            }
        }
        listeners
    }
}

impl State {
    fn wanting(&self, bare: &str, node: &str, found: &mut Vec<Arc<str>>) {
        for (resource, _) in self.attendance.available(bare) {
            let wants = resource.caps.wants.as_ref();
            if wants.is_some_and(|wants| wants.contains(node)) {
                found.push(resource.full.clone());
            }
        }
    }
}

impl People {
    /// Whose news a client wants to hear, its own account's included, and of which nodes.
    pub(crate) fn news_of(
        &self,
        actor: &crate::service::vocabulary::Actor,
    ) -> Option<(Vec<Arc<str>>, Arc<Wants>)> {
        let mut state = self.state();
        let own = state
            .attendance
            .find(&actor.bare, &actor.full, actor.session)?;
        own.announced.as_ref()?;
        let wants = own.caps.wants.clone()?;
        let mut owners = vec![actor.bare.clone()];
        if let Some(roster) = state.rosters.get(&actor.bare) {
            let seen = roster.all().filter(|(_, contact)| contact.to);
            owners.extend(seen.map(|(jid, _)| jid.clone()));
        }
        Some((owners, wants))
    }
}

/// What stands between an account and one of its contacts, as far as nodes are open by it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Closeness {
    sees_presence: bool,
    groups: Vec<Box<str>>,
}

impl Closeness {
    /// Whether a node with this configuration is open by it.
    pub(crate) fn opens(&self, config: &NodeConfig) -> bool {
        self.sees_presence
            && match config.access_model {
                AccessModel::Roster => is_among(&self.groups, &config.roster_groups),
                _ => true,
            }
    }
}

impl People {
    /// How close a contact is to an account now.
    pub(crate) fn closeness(&self, owner: &str, who: &str) -> Closeness {
        let state = self.state();
        let contact = state.rosters.contact(owner, who);
        contact.map_or_else(Closeness::default, |contact| Closeness {
            sees_presence: contact.from,
            groups: contact.groups.clone(),
        })
    }

    /// The clients of an account that want to hear of nodes, by their full JIDs, and of which.
    pub(crate) fn listening(&self, bare: &str) -> Vec<(Arc<str>, Arc<Wants>)> {
        let state = self.state();
        let available = state.attendance.available(bare);
        available
            .filter_map(|(resource, _)| Some((resource.full.clone(), resource.caps.wants.clone()?)))
            .collect()
    }
}

fn is_in(contact: &Contact, groups: &[String]) -> bool {
    is_among(contact.groups.iter(), groups)
}

fn is_among<'g>(held: impl IntoIterator<Item = &'g Box<str>>, groups: &[String]) -> bool {
    let mut held = held.into_iter();
    held.any(|group| groups.iter().any(|asked| **asked == **group))
}
