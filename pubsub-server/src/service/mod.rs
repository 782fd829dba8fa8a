//! The PubSub service without its surroundings: nodes, and what may be done to them (XEP-0060).
//!
//! [`Service::decide`] is pure: it looks at the state and a request and says what would happen. [`Service::apply`] makes it so. In between
//! the caller stores the writes, so a failed write leaves no trace. There is no XML here, no socket, no clock and no chance; the last two
//! come in with [`vocabulary::Context`]. Modules in reading order; each imports only from those above it.

pub(crate) mod access;
pub(crate) mod applying;
pub(crate) mod commands;
pub(crate) mod creators;
pub(crate) mod error;
#[cfg(test)]
pub(crate) mod invariants;
pub(crate) mod node;
pub(crate) mod options;
pub(crate) mod paging;
pub(crate) mod personal;
pub(crate) mod relations;
pub(crate) mod shows;
pub(crate) mod terms;
pub(crate) mod vocabulary;
pub(crate) mod weight;
pub(crate) mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use self::access::Affiliation;
use self::creators::Creators;
use self::error::ServiceError;
use self::node::{Node, bare_of};
use self::options::NodeConfig;
use self::terms::Expiry;
use self::vocabulary::{
    Actor, Announcement, Audience, Context, Notification, Outcome, Request, Write,
};
use self::wishes::Wishes;

/// What one service allows.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The configuration of a node that nobody configured.
    pub(crate) defaults: Arc<NodeConfig>,
    /// The same of a node of an account.
    pub(crate) personal_defaults: Arc<NodeConfig>,
    pub(crate) anonymous_may_create: bool,
    /// How the names of nodes begin that nobody without an account may read.
    pub(crate) accounts_only: Vec<String>,
    pub(crate) max_nodes: usize,
    /// The most nodes that one account may have created, unless its bare JID is among the trusted.
    pub(crate) max_nodes_per_account: usize,
    pub(crate) trusted: HashSet<String>,
    pub(crate) max_items: usize,
    pub(crate) max_payload: usize,
    pub(crate) max_subscriptions: usize,
    pub(crate) max_affiliations: usize,
    /// The most nodes that one account, and all together, may await.
    pub(crate) max_awaited: usize,
    pub(crate) max_awaited_by_all: usize,
    pub(crate) max_stored: usize,
    /// The most items, and bytes of them, in one answer; the rest is for further pages.
    pub(crate) max_page: usize,
    pub(crate) max_page_bytes: usize,
    /// Whether subscribing again makes another subscription (XEP-0060 §6.1.6).
    pub(crate) multi_subscribe: bool,
}

/// Nodes, and for every account the nodes at which it has a standing.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) rules: Arc<Rules>,
    nodes: HashMap<Arc<str>, Node>,
    standing: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    wishes: Wishes,
    pub(crate) creators: Creators,
    /// The nodes of which items go when their publisher does.
    fleeting: BTreeSet<Arc<str>>,
    /// The nodes of which items or subscriptions expire.
    expiring: BTreeSet<Arc<str>>,
    /// What all nodes and what they hold count for, by `weight`.
    bytes: usize,
    items: usize,
    subscriptions: usize,
}

impl Service {
    /// A part of a service; all parts count together what accounts create.
    pub(crate) fn new(rules: Arc<Rules>, creators: Creators) -> Self {
        Self {
            rules,
            creators,
            nodes: HashMap::new(),
            standing: BTreeMap::new(),
            wishes: Wishes::default(),
            fleeting: BTreeSet::new(),
            expiring: BTreeSet::new(),
            bytes: 0,
            items: 0,
            subscriptions: 0,
        }
    }

    /// What would happen. Changes nothing.
    pub(crate) fn decide(
        &self,
        context: &Context<'_>,
        actor: &Actor,
        request: Request<'_>,
    ) -> Result<Outcome, ServiceError> {
        commands::decide(self, context, actor, request)
    }

    /// The configuration of a node of that name that nobody configured.
    pub(crate) fn defaults(&self, name: &str) -> Arc<NodeConfig> {
        match personal::owner(name) {
            Some(_) => self.rules.personal_defaults.clone(),
            None => self.rules.defaults.clone(),
        }
    }

    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    pub(crate) fn require_node(&self, name: &str) -> Result<&Node, ServiceError> {
        self.nodes
            .get(name)
            .ok_or_else(|| ServiceError::NodeNotFound { node: name.into() })
    }

    /// Who awaits nodes that do not exist.
    pub(crate) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// How many bytes the service keeps, by what things count for.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many items it keeps.
    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// How many subscriptions its nodes have.
    pub(crate) fn subscriptions(&self) -> usize {
        self.subscriptions
    }

    /// The nodes at which the account is affiliated or subscribed.
    pub(crate) fn nodes_of(&self, bare: &str) -> impl Iterator<Item = &Node> {
        self.standing
            .get(bare)
            .into_iter()
            .flatten()
            .filter_map(|name| self.nodes.get(name))
    }

    /// The writes by which an account that never comes back leaves: its subscriptions end, and what it awaits is awaited no more.
    /// Whether a restart would have kept them, is for the caller to know.
    pub(crate) fn departure(&self, bare: &str, is_durable: bool) -> Vec<Write> {
        let unawaited = self.wishes.places_of(bare).map(unawait);
        self.nodes_of(bare)
            .flat_map(|node| {
                node.subscriptions_of(bare)
                    .map(move |subscription| node.end(subscription, is_durable))
            })
            .chain(unawaited)
            .collect()
    }

    /// The writes by which the items and subscriptions of a node that have expired by then go.
    pub(crate) fn expiry(&self, name: &str, now: u64) -> Vec<Write> {
        let Some(node) = self.nodes.get(name) else {
            return Vec::new();
        };
        let ended = node.particular.iter().flat_map(|all| all.ended(now));
        let mut writes: Vec<Write> = ended
            .map(|(jid, subscription)| Write::UnsubscribeOnTerms {
                node: node.name.clone(),
                jid: jid.clone(),
                subscription: subscription.clone(),
                is_durable: true,
            })
            .collect();
        if node.config.persist_items {
            writes.extend(node.expired(now).map(|item| Write::RemoveItem {
                node: node.name.clone(),
                item: item.id.clone(),
            }));
        } else if node.expired(now).next().is_some() {
            writes.push(Write::RemoveItems {
                node: node.name.clone(),
                is_durable: false,
            });
        }
        writes
    }

    /// The nodes of which items or subscriptions expire.
    pub(crate) fn expiring(&self) -> &BTreeSet<Arc<str>> {
        &self.expiring
    }

    /// What happens when a resource is no longer available: subscriptions that last only as long end, and so do items of the account at nodes with
    /// `pubsub#purge_offline` when no resource is left.
    pub(crate) fn absence(&self, actor: &Actor, is_last: bool) -> (Vec<Write>, Vec<Notification>) {
        let is_over = |jid: &Arc<str>| *jid == actor.full || (is_last && *jid == actor.bare);
        let mut writes: Vec<Write> = self
            .nodes_of(&actor.bare)
            .flat_map(|node| {
                node.subscriptions_of(&actor.bare)
                    .filter(|one| one.terms.expire == Expiry::Presence && is_over(one.jid))
                    .map(|one| node.end(one, false))
            })
            .collect();
        let mut notifications = Vec::new();
        let fleeting = self.fleeting.iter().filter(|_| is_last);
        for node in fleeting.filter_map(|name| self.nodes.get(name)) {
            let own = node.items.iter();
            let ids: Vec<Arc<str>> = own
                .filter(|item| item.publisher == actor.bare)
                .map(|item| item.id.clone())
                .collect();
            if ids.is_empty() {
                continue;
            }
            if node.config.persist_items {
                writes.extend(ids.iter().map(|item| Write::RemoveItem {
                    node: node.name.clone(),
                    item: item.clone(),
                }));
            } else {
                writes.push(Write::RemoveItems {
                    node: node.name.clone(),
                    is_durable: false,
                });
            }
            if node.config.notify_retract {
                notifications.push(Notification {
                    node: node.name.clone(),
                    config: node.config.clone(),
                    announcement: Announcement::Retracted { ids },
                    audience: Audience::Subscribers,
                });
            }
        }
        (writes, notifications)
    }

    /// The writes with which a session ends: what it awaits is awaited no more.
    pub(crate) fn farewell(&self, session: u64) -> Vec<Write> {
        self.wishes.of_session(session).map(unawait).collect()
    }

    fn refresh_standing(&mut self, jid: &str, node: &Arc<str>) {
        let bare = bare_of(jid);
        let stands = self.nodes.get(node).is_some_and(|node| {
            node.affiliation(bare) != Affiliation::None
                || node.subscriptions_of(bare).next().is_some()
        });
        if stands {
            self.stand(bare, node);
        } else {
            self.leave(bare, node);
        }
    }

    fn stand(&mut self, bare: &str, node: &Arc<str>) {
        if let Some(nodes) = self.standing.get_mut(bare) {
            nodes.insert(node.clone());
        } else {
            self.standing
                .insert(bare.into(), BTreeSet::from([node.clone()]));
        }
    }

    fn leave(&mut self, bare: &str, node: &str) {
        if let Some(nodes) = self.standing.get_mut(bare) {
            nodes.remove(node);
            if nodes.is_empty() {
                self.standing.remove(bare);
            }
        }
    }
}

fn unawait((node, jid): &(Arc<str>, Arc<str>)) -> Write {
    Write::Unawait {
        node: node.clone(),
        jid: jid.clone(),
    }
}
