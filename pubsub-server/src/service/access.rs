//! Who may do what: the affiliation x action table of XEP-0060 §4.1 as data, and the access and publish models that widen it.
//! Pure questions over a node; the commands ask them, nobody else does.

use super::Rules;
use super::error::ServiceError;
use super::node::Node;
use super::options::{AccessModel, PublishModel};
use super::relations::Relations;
use super::vocabulary::{Actor, Request};

/// What an account is to a node (XEP-0060 §4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Affiliation {
    /// May do everything, also configure and delete the node.
    Owner,
    /// May publish, retract and subscribe.
    Publisher,
    /// May publish, but neither subscribe nor read.
    PublishOnly,
    /// May subscribe and read.
    Member,
    /// Nothing in particular; the access model and the publish model decide.
    #[default]
    None,
    /// Is kept out.
    Outcast,
}

impl Affiliation {
    /// All six, in the order of rank.
    pub(crate) const ALL: [Self; 6] = [
        Self::Owner,
        Self::Publisher,
        Self::PublishOnly,
        Self::Member,
        Self::None,
        Self::Outcast,
    ];

    /// The word of the standard.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Publisher => "publisher",
            Self::PublishOnly => "publish-only",
            Self::Member => "member",
            Self::None => "none",
            Self::Outcast => "outcast",
        }
    }

    /// The affiliation with that word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|affiliation| affiliation.as_str() == word)
    }
}

/// What the table is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Subscribe,
    Retrieve,
    Publish,
    /// Retracting an item that somebody else published.
    RetractAny,
    Purge,
    /// Configure, delete, manage affiliations and subscriptions.
    Own,
}

impl Action {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Subscribe => ("to subscribe", "an affiliation that may read"),
            Self::Retrieve => ("to retrieve items", "an affiliation that may read"),
            Self::Publish => ("to publish", "publisher, or another pubsub#publish_model"),
            Self::RetractAny => (
                "to retract this item",
                "publisher, or to be the publisher of the item",
            ),
            Self::Purge => ("to purge", "owner or publisher"),
            Self::Own => ("to manage the node", "owner"),
        }
    }
}

/// The table: which affiliation may take which action by itself.
fn is_entitled(affiliation: Affiliation, action: Action) -> bool {
    use Action::{Publish, Purge, RetractAny, Retrieve, Subscribe};
    match affiliation {
        Affiliation::Owner => true,
        Affiliation::Publisher => {
            matches!(action, Subscribe | Retrieve | Publish | RetractAny | Purge)
        }
        Affiliation::PublishOnly => matches!(action, Publish),
        Affiliation::Member => matches!(action, Subscribe | Retrieve),
        Affiliation::None | Affiliation::Outcast => false,
    }
}

/// Whether an affiliation lets read or keeps from it; none: the access model decides.
pub(crate) fn reads_by(affiliation: Affiliation) -> Option<bool> {
    (affiliation != Affiliation::None).then(|| is_entitled(affiliation, Action::Retrieve))
}

/// Refuses unless the account with that bare JID may take the action at the node. Who may subscribe and read is for [`admit`] to say.
pub(crate) fn require(node: &Node, bare: &str, action: Action) -> Result<(), ServiceError> {
    let affiliation = node.affiliation(bare);
    if is_entitled(affiliation, action) {
        return Ok(());
    }
    match action {
        Action::Publish if affiliation != Affiliation::Outcast => match node.config.publish_model {
            PublishModel::Open => Ok(()),
            PublishModel::Subscribers if node.is_subscribed(bare) => Ok(()),
            PublishModel::Subscribers | PublishModel::Publishers => {
                Err(forbidden(node, affiliation, action))
            }
        },
        _ => Err(forbidden(node, affiliation, action)),
    }
}

/// Refuses unless the account with that bare JID may subscribe or read (XEP-0060 §4.5). Whoever is refused with
/// [`ServiceError::ApprovalRequired`] may ask for approval.
pub(crate) fn admit(
    relations: &dyn Relations,
    node: &Node,
    bare: &str,
    action: Action,
) -> Result<(), ServiceError> {
    let affiliation = node.affiliation(bare);
    if is_entitled(affiliation, action) {
        return Ok(());
    }
    if affiliation != Affiliation::None {
        return Err(forbidden(node, affiliation, action));
    }
    let name = || node.name.clone();
    let config = &node.config;
    match config.access_model {
        AccessModel::Open => Ok(()),
        AccessModel::Presence => {
            let mut owners = node.owners();
            if owners.any(|owner| relations.may_see_presence(owner, bare)) {
                return Ok(());
            }
            Err(ServiceError::PresenceRequired { node: name() })
        }
        AccessModel::Roster => {
            let mut owners = node.owners();
            if owners.any(|owner| relations.is_in_group(owner, bare, &config.roster_groups)) {
                return Ok(());
            }
            Err(ServiceError::NotInRosterGroup { node: name() })
        }
        AccessModel::Authorize if node.is_subscribed(bare) => Ok(()),
        AccessModel::Authorize => Err(ServiceError::ApprovalRequired { node: name() }),
        AccessModel::Whitelist => Err(ServiceError::ClosedNode { node: name() }),
    }
}

fn forbidden(node: &Node, affiliation: Affiliation, action: Action) -> ServiceError {
    let (action, needed) = action.words();
    ServiceError::Forbidden {
        node: node.name.clone(),
        affiliation,
        action,
        needed,
    }
}

/// Refuses those without an account what would let them read a node that is for accounts, or let others read it. It depends on the name alone, so that
/// they are not told either whether there is such a node.
pub(crate) fn may_ask(
    rules: &Rules,
    actor: &Actor,
    request: &Request<'_>,
) -> Result<(), ServiceError> {
    let reads = match request {
        Request::Subscribe { .. }
        | Request::SetSubscriptionOptions { .. }
        | Request::Authorize { .. }
        | Request::Pending { .. }
        | Request::Archive { .. }
        | Request::Items { .. }
        | Request::Subscriptions { .. }
        | Request::SetSubscriptions { .. }
        | Request::SetAffiliations { .. } => true,
        Request::Create { .. }
        | Request::Configuration { .. }
        | Request::Configure { .. }
        | Request::Delete { .. }
        | Request::Purge { .. }
        | Request::Publish { .. }
        | Request::Retract { .. }
        | Request::Unsubscribe { .. }
        | Request::SubscriptionOptions { .. }
        | Request::Affiliations { .. } => false,
    };
    if !reads {
        return Ok(());
    }
    check_known(rules, actor, request.node())
}

/// How the names of nodes begin of which that one is not even told whether there are any.
pub(crate) fn hidden<'r>(rules: &'r Rules, actor: &Actor) -> &'r [String] {
    if actor.is_anonymous {
        &rules.accounts_only
    } else {
        &[]
    }
}

/// Whether somebody may know whether there is a node of that name.
pub(crate) fn check_known(rules: &Rules, actor: &Actor, name: &str) -> Result<(), ServiceError> {
    let mut prefixes = hidden(rules, actor).iter();
    match prefixes.find(|prefix| name.starts_with(prefix.as_str())) {
        Some(prefix) => Err(ServiceError::AccountsOnly {
            node: name.into(),
            prefix: prefix.as_str().into(),
        }),
        None => Ok(()),
    }
}

/// Whether a subscription of that account may stand under the node's present configuration.
pub(crate) fn may_stay_subscribed(relations: &dyn Relations, node: &Node, bare: &str) -> bool {
    admit(relations, node, bare, Action::Subscribe).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_affiliation() {
        for affiliation in Affiliation::ALL {
            assert_eq!(Affiliation::of(affiliation.as_str()), Some(affiliation));
        }
        assert_eq!(Affiliation::of("king"), None);
    }

    #[test]
    fn the_table_is_the_one_of_the_standard() {
        let actions = [
            Action::Subscribe,
            Action::Retrieve,
            Action::Publish,
            Action::RetractAny,
            Action::Purge,
            Action::Own,
        ];
        let expected = [
            (Affiliation::Owner, "yyyyyy"),
            (Affiliation::Publisher, "yyyyyn"),
            (Affiliation::PublishOnly, "nnynnn"),
            (Affiliation::Member, "yynnnn"),
            (Affiliation::None, "nnnnnn"),
            (Affiliation::Outcast, "nnnnnn"),
        ];
        for (affiliation, row) in expected {
            let got: String = actions
                .iter()
                .map(|&a| {
                    if is_entitled(affiliation, a) {
                        'y'
                    } else {
                        'n'
                    }
                })
                .collect();
            assert_eq!(got, row, "{affiliation:?}");
        }
    }
}
