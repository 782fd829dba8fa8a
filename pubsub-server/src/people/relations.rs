//! What the service asks of people: who sees whom, who is in which group, and who wants to hear of the nodes of an account.

use std::sync::Arc;

use super::{People, State};
use crate::roster::Contact;
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

    fn listeners(&self, owner: &str, node: &str, config: &NodeConfig) -> Vec<Arc<str>> {
        let state = self.state();
        let mut listeners = Vec::new();
        state.wanting(owner, node, &mut listeners);
        if let Some(roster) = state.rosters.get(owner) {
            for (jid, contact) in roster.all().filter(|(_, contact)| contact.from) {
                let may_read = match config.access_model {
                    AccessModel::Open | AccessModel::Presence => true,
                    AccessModel::Roster => is_in(contact, &config.roster_groups),
                    AccessModel::Authorize | AccessModel::Whitelist => false,
                };
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
    ) -> Option<(Vec<Arc<str>>, Arc<crate::presence::caps::Wants>)> {
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

fn is_in(contact: &Contact, groups: &[String]) -> bool {
    let mut held = contact.groups.iter();
    held.any(|group| groups.iter().any(|asked| **asked == **group))
}
