//! What the service must know of people to let them in: the one question each that the access models `presence` and `roster` ask (XEP-0060 §4.5).
//!
//! Only the questions are here. Rosters and presence are kept elsewhere, and whoever keeps them answers.

use std::fmt::Debug;
use std::sync::Arc;

use super::node::Affiliations;
use super::options::NodeConfig;

/// Answers for the accounts of this server. All JIDs are bare.
///
/// It is asked while the node in question is locked, so it must answer at once and never ask the service anything itself.
pub(crate) trait Relations: Debug + Send + Sync {
    /// Whether `owner` lets `who` see whether it is online: a presence subscription `from` or `both` in the owner's roster.
    fn may_see_presence(&self, owner: &str, who: &str) -> bool;

    /// Whether `who` is in one of these groups of the owner's roster.
    fn is_in_group(&self, owner: &str, who: &str, groups: &[String]) -> bool;

    /// Whether that is somebody who has logged in without an account, and never comes back.
    fn is_guest(&self, who: &str) -> bool;

    /// The clients that are to hear of a node of an account because they said that they want to and may (XEP-0163 §4), by their full JIDs.
    fn listeners(
        &self,
        owner: &str,
        node: &str,
        config: &NodeConfig,
        affiliations: &Affiliations,
    ) -> Vec<Arc<str>>;
}

/// Nobody knows anybody.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strangers;

#[cfg(test)]
impl Relations for Strangers {
    fn may_see_presence(&self, _owner: &str, _who: &str) -> bool {
        false
    }

    fn is_in_group(&self, _owner: &str, _who: &str, _groups: &[String]) -> bool {
        false
    }

    fn is_guest(&self, _who: &str) -> bool {
        false
    }

    fn listeners(
        &self,
        _owner: &str,
        _node: &str,
        _config: &NodeConfig,
        _affiliations: &Affiliations,
    ) -> Vec<Arc<str>> {
        Vec::new()
    }
}
