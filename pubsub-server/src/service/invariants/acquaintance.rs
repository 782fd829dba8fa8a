//! Who knows whom, for the access models that ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::actor;
use crate::service::access::reads_by;
use crate::service::node::Affiliations;
use crate::service::options::{AccessModel, NodeConfig};
use crate::service::relations::Relations;
use crate::service::vocabulary::Actor;

/// Who knows whom: pairs of owner and contact.
#[derive(Debug, Default)]
pub(super) struct Acquaintance {
    pub(super) shown: BTreeSet<(Arc<str>, Arc<str>)>,
    pub(super) friends: BTreeSet<(Arc<str>, Arc<str>)>,
}

impl Acquaintance {
    /// Takes a pair in, or out if it is there.
    pub(super) fn turn(pairs: &mut BTreeSet<(Arc<str>, Arc<str>)>, pair: (Arc<str>, Arc<str>)) {
        if !pairs.remove(&pair) {
            pairs.insert(pair);
        }
    }
}

impl Relations for Acquaintance {
    fn may_see_presence(&self, owner: &str, who: &str) -> bool {
        self.shown.contains(&(owner.into(), who.into()))
    }

    fn is_in_group(&self, owner: &str, who: &str, groups: &[String]) -> bool {
        groups.iter().any(|group| group == "Friends")
            && self.friends.contains(&(owner.into(), who.into()))
    }

    fn is_guest(&self, who: &str) -> bool {
        *who == *actor(4).bare
    }

    fn listeners(
        &self,
        owner: &str,
        _node: &str,
        config: &NodeConfig,
        affiliations: &Affiliations,
    ) -> Vec<Arc<str>> {
        let everybody = (0..4).map(actor);
        let may_read = |who: &Actor| {
            let affiliation = affiliations.get(&who.bare).copied().unwrap_or_default();
            reads_by(affiliation).unwrap_or_else(|| match config.access_model {
                AccessModel::Open | AccessModel::Presence => {
                    self.may_see_presence(owner, &who.bare)
                }
                AccessModel::Roster => self.is_in_group(owner, &who.bare, &config.roster_groups),
                AccessModel::Authorize | AccessModel::Whitelist => false,
            })
        };
        everybody.filter(may_read).map(|who| who.full).collect()
    }
}
