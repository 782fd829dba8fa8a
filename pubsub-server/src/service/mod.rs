//! The PubSub service without its surroundings: nodes, and what may be done to them (XEP-0060).
//!
//! [`Service::decide`] is pure: it looks at the state and a request and says what would happen. [`Service::apply`] makes it so. In between
//! the caller stores the writes, so a failed write leaves no trace. There is no XML here, no socket, no clock and no chance; the last two
//! come in with [`vocabulary::Context`]. Modules in reading order; each imports only from those above it.

pub(crate) mod access;
pub(crate) mod commands;
pub(crate) mod error;
#[cfg(test)]
mod invariants;
pub(crate) mod node;
pub(crate) mod options;
pub(crate) mod vocabulary;
pub(crate) mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use self::access::Affiliation;
use self::error::ServiceError;
use self::node::{Items, Node, bare_of};
use self::options::NodeConfig;
use self::vocabulary::{Actor, Context, Outcome, Request, Write};
use self::wishes::{Wish, Wishes};

/// What one service allows.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The configuration of a node that nobody configured.
    pub(crate) defaults: Arc<NodeConfig>,
    pub(crate) anonymous_may_create: bool,
    /// How the names of nodes begin that nobody without an account may read.
    pub(crate) accounts_only: Vec<String>,
    pub(crate) max_nodes: usize,
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
}

/// Nodes, and for every account the nodes at which it has a standing.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) rules: Arc<Rules>,
    nodes: HashMap<Arc<str>, Node>,
    standing: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    wishes: Wishes,
    bytes: usize,
    items: usize,
    subscriptions: usize,
}

impl Service {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            nodes: HashMap::new(),
            standing: BTreeMap::new(),
            wishes: Wishes::default(),
            bytes: 0,
            items: 0,
            subscriptions: 0,
        }
    }

    /// What would happen. Changes nothing.
    pub(crate) fn decide(
        &self,
        context: &Context,
        actor: &Actor,
        request: Request<'_>,
    ) -> Result<Outcome, ServiceError> {
        commands::decide(self, context, actor, request)
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

    /// How many bytes of items the service keeps.
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
    pub(crate) fn departure(&self, bare: &str) -> Vec<Write> {
        let unawaited = self.wishes.places_of(bare).map(unawait);
        self.nodes_of(bare)
            .flat_map(|node| {
                node.subscriptions_of(bare)
                    .map(|(jid, _)| Write::Unsubscribe {
                        node: node.name.clone(),
                        jid: jid.clone(),
                    })
            })
            .chain(unawaited)
            .collect()
    }

    /// The writes with which a session ends: what it awaits is awaited no more.
    pub(crate) fn farewell(&self, session: u64) -> Vec<Write> {
        self.wishes.of_session(session).map(unawait).collect()
    }

    /// Makes it so. Writes to nodes that are gone are without effect.
    pub(crate) fn apply(&mut self, writes: &[Write]) {
        for write in writes {
            self.apply_one(write);
        }
    }

    fn apply_one(&mut self, write: &Write) {
        match write {
            Write::CreateNode {
                node,
                config,
                creator,
                created,
            } => {
                self.stand(creator, node);
                self.wishes.clear(node);
                self.nodes.insert(
                    node.clone(),
                    Node {
                        name: node.clone(),
                        config: config.clone(),
                        creator: creator.clone(),
                        created: *created,
                        affiliations: BTreeMap::from([(creator.clone(), Affiliation::Owner)]),
                        subscriptions: BTreeMap::new(),
                        items: Items::default(),
                    },
                );
            }
            Write::DeleteNode { node } => {
                if let Some(gone) = self.nodes.remove(node) {
                    self.bytes -= gone.items.bytes();
                    self.items -= gone.items.len();
                    self.subscriptions -= gone.subscriptions.len();
                    for jid in gone.affiliations.keys().chain(gone.subscriptions.keys()) {
                        self.leave(bare_of(jid), node);
                    }
                }
            }
            Write::ConfigureNode { node, config } => {
                self.change(node, |node| node.config = config.clone());
            }
            Write::PutItem { node, item, .. } => {
                self.change_items(node, |items| items.put(item.clone()));
            }
            Write::RemoveItem { node, item } => self.change_items(node, |items| items.remove(item)),
            Write::RemoveItems { node } => self.change_items(node, Items::clear),
            Write::Subscribe {
                node,
                jid,
                subscription,
                ..
            } => {
                self.change(node, |node| {
                    node.subscriptions.insert(jid.clone(), subscription.clone());
                });
                self.refresh_standing(jid, node);
            }
            Write::Unsubscribe { node, jid } => {
                self.change(node, |node| {
                    node.subscriptions.remove(jid);
                });
                self.refresh_standing(jid, node);
            }
            Write::Await {
                node,
                jid,
                subscription,
                session,
                is_durable,
            } => {
                let wish = Wish {
                    subscription: subscription.clone(),
                    session: *session,
                    is_durable: *is_durable,
                };
                self.wishes.add(node, jid, wish);
            }
            Write::Unawait { node, jid } => self.wishes.remove(node, jid),
            Write::Affiliate {
                node,
                jid,
                affiliation,
            } => {
                self.change(node, |node| match affiliation {
                    Affiliation::None => {
                        node.affiliations.remove(jid);
                    }
                    affiliation => {
                        node.affiliations.insert(jid.clone(), *affiliation);
                    }
                });
                self.refresh_standing(jid, node);
            }
        }
    }

    fn change(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(name) {
            let before = node.subscriptions.len();
            change(node);
            self.subscriptions = self.subscriptions + node.subscriptions.len() - before;
        }
    }

    fn change_items(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Items)) {
        if let Some(node) = self.nodes.get_mut(name) {
            let (bytes, items) = (node.items.bytes(), node.items.len());
            change(&mut node.items);
            self.bytes = self.bytes + node.items.bytes() - bytes;
            self.items = self.items + node.items.len() - items;
        }
    }

    fn refresh_standing(&mut self, jid: &str, node: &Arc<str>) {
        let bare = bare_of(jid);
        let stands = self.nodes.get(node).is_some_and(|node| {
            node.affiliation(bare) != Affiliation::None || node.is_subscribed(bare)
        });
        if stands {
            self.stand(&bare.into(), node);
        } else {
            self.leave(bare, node);
        }
    }

    fn stand(&mut self, bare: &Arc<str>, node: &Arc<str>) {
        self.standing
            .entry(bare.clone())
            .or_default()
            .insert(node.clone());
    }

    fn leave(&mut self, bare: &str, node: &Arc<str>) {
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
