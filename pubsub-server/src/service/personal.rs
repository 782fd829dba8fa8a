//! Nodes of an account (XEP-0163): how they are called among all other nodes, and what they are when nobody says otherwise.
//!
//! Among all nodes such a node is called NUL, the bare JID of its owner, NUL, and its name. XML cannot carry NUL, so nobody can ask the service itself for it, nor give another
//! node such a name; where a name is written, what belongs to the owner is left out ([`shown`]).

use std::borrow::Cow;

use super::options::{AccessModel, MaxItems, NodeConfig, SendLast};
use super::vocabulary::Request;

const MARK: char = '\0';

/// What a node of that account is called among all nodes.
pub(crate) fn key(owner: &str, node: &str) -> String {
    format!("{MARK}{owner}{MARK}{node}")
}

/// What the names of all nodes of that account begin with.
pub(crate) fn prefix(owner: &str) -> String {
    key(owner, "")
}

/// Owner and name of a node of an account.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(MARK)?.split_once(MARK)
}

/// Whose node that is; none: the service's own.
pub(crate) fn owner(name: &str) -> Option<&str> {
    split(name).map(|(owner, _)| owner)
}

/// A text as it may be shown, with the names of such nodes in it as their owners call them.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let every_other = text.split(MARK).step_by(2);
    Cow::Owned(every_other.collect())
}

/// The configuration of a node of an account that nobody configured: its newest item, for those who may see the owner's presence.
pub(crate) fn defaults() -> NodeConfig {
    NodeConfig {
        access_model: AccessModel::Presence,
        max_items: MaxItems::Count(1),
        send_last: SendLast::OnSubscriptionAndPresence,
        ..NodeConfig::default()
    }
}

impl<'x> Request<'x> {
    /// The same of the node that is called so among all nodes, instead of by its owner. An instant node is given the `fresh` name.
    pub(crate) fn at(mut self, owner: &str, fresh: &str) -> Self {
        let name: &mut Cow<'x, str> = match &mut self {
            Self::Create { node, .. } => node.get_or_insert_with(|| Cow::Owned(fresh.to_owned())),
            Self::Configuration { node }
            | Self::Configure { node, .. }
            | Self::Delete { node, .. }
            | Self::Purge { node }
            | Self::Publish { node, .. }
            | Self::Retract { node, .. }
            | Self::Items { node, .. }
            | Self::Subscribe { node, .. }
            | Self::Unsubscribe { node, .. }
            | Self::SubscriptionOptions { node, .. }
            | Self::SetSubscriptionOptions { node, .. }
            | Self::Authorize { node, .. }
            | Self::Pending { node }
            | Self::Archive { node, .. }
            | Self::Subscriptions { node, .. }
            | Self::SetSubscriptions { node, .. }
            | Self::Affiliations { node, .. }
            | Self::SetAffiliations { node, .. } => node,
        };
        *name = Cow::Owned(key(owner, name));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_name_come_out_as_they_went_in() {
        let name = key("ann@x", "urn:xmpp:bookmarks:1");
        assert_eq!(split(&name), Some(("ann@x", "urn:xmpp:bookmarks:1")));
        assert_eq!(owner(&name), Some("ann@x"));
        assert!(name.starts_with(&prefix("ann@x")));
        assert_eq!(split("/news"), None);
    }

    #[test]
    fn what_is_shown_has_no_owner_in_it() {
        let name = key("ann@x", "n");
        assert_eq!(shown(&name), "n");
        assert_eq!(shown("/news"), "/news");
        assert_eq!(
            shown(&format!("node \"{name}\" is not node \"{name}\"")),
            "node \"n\" is not node \"n\""
        );
    }
}
