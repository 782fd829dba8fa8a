//! Makes a decision so, and takes it back: every write knows what stood in its place, so that a decision which could not be kept leaves no trace.
//!
//! What is taken back last must have been made first: the caller of [`Service::revert`] goes backwards, through writes and decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Service;
use super::access::Affiliation;
use super::node::{Affiliations, Items, Node, Placed, Subscriptions, bare_of};
use super::options::NodeConfig;
use super::terms::Terms;
use super::vocabulary::Write;
use super::weight;
use super::wishes::Wish;

/// What stood in the place of one write.
#[derive(Debug)]
pub(crate) enum Before {
    /// Nothing that is missed: no such node, or nothing was there.
    Nothing,
    Node(Box<Node>),
    Config(Arc<NodeConfig>),
    Item(Placed),
    Items(Items),
    Subscription(Arc<str>),
    Terms(Arc<Terms>),
    Affiliation(Affiliation),
    Wish(Wish),
    Wishes(BTreeMap<Arc<str>, Wish>),
}

impl Service {
    /// Makes it so. Writes to nodes that are gone are without effect.
    pub(crate) fn apply(&mut self, writes: &[Write]) {
        for write in writes {
            self.apply_one(write);
        }
    }

    /// Makes it so, and says what was there before, write by write.
    pub(crate) fn apply_reversibly(&mut self, writes: &[Write]) -> Vec<Before> {
        writes.iter().map(|write| self.apply_one(write)).collect()
    }

    fn apply_one(&mut self, write: &Write) -> Before {
        match write {
            Write::CreateNode {
                node,
                config,
                creator,
                created,
            } => {
                self.insert_node(Node {
                    name: node.clone(),
                    config: config.clone(),
                    creator: creator.clone(),
                    created: *created,
                    affiliations: Affiliations::from_iter([(creator.clone(), Affiliation::Owner)]),
                    subscriptions: Subscriptions::new(),
                    particular: None,
                    items: Items::default(),
                });
                self.wishes.clear(node).map(Before::Wishes)
            }
            Write::DeleteNode { node } => self
                .take_node(node)
                .map(|node| Before::Node(Box::new(node))),
            Write::ConfigureNode { node, config } => {
                self.configure(node, config.clone()).map(Before::Config)
            }
            Write::PutItem { node, item, .. } => self
                .change_items(node, |items| items.put(item.clone()))
                .map(Before::Item),
            Write::RemoveItem { node, item } => self
                .change_items(node, |items| items.remove(item))
                .map(Before::Item),
            Write::RemoveItems { node, .. } => self
                .change_items(node, |items| Some(items.take()))
                .map(Before::Items),
            Write::Subscribe {
                node,
                jid,
                subscription,
                ..
            } => self
                .subscribe(node, jid, Some(subscription.clone()))
                .map(Before::Subscription),
            Write::Unsubscribe { node, jid, .. } => {
                self.subscribe(node, jid, None).map(Before::Subscription)
            }
            Write::SubscribeOnTerms {
                node,
                jid,
                subscription,
                terms,
            } => self
                .arrange(node, jid, subscription, Some(terms.clone()))
                .map(Before::Terms),
            Write::UnsubscribeOnTerms {
                node,
                jid,
                subscription,
                ..
            } => self
                .arrange(node, jid, subscription, None)
                .map(Before::Terms),
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
                self.wishes.add(node, jid, wish).map(Before::Wish)
            }
            Write::Unawait { node, jid } => self.wishes.remove(node, jid).map(Before::Wish),
            Write::Affiliate {
                node,
                jid,
                affiliation,
            } => self
                .affiliate(node, jid, *affiliation)
                .map(Before::Affiliation),
        }
        .unwrap_or(Before::Nothing)
    }

    /// Takes one write back.
    pub(crate) fn revert(&mut self, write: &Write, before: Before) {
        match (write, before) {
            (Write::CreateNode { node, .. }, before) => {
                self.take_node(node);
                if let Before::Wishes(wishes) = before {
                    for (jid, wish) in wishes {
                        self.wishes.add(node, &jid, wish);
                    }
                }
            }
            (Write::DeleteNode { .. }, Before::Node(node)) => self.insert_node(*node),
            (Write::ConfigureNode { node, .. }, Before::Config(config)) => {
                self.configure(node, config);
            }
            (
                Write::PutItem { node, .. } | Write::RemoveItem { node, .. },
                Before::Item(placed),
            ) => {
                self.change_items(node, |items| {
                    items.put_back(placed);
                    Some(())
                });
            }
            (Write::PutItem { node, item, .. }, _) => {
                self.change_items(node, |items| items.remove(&item.id));
            }
            (Write::RemoveItems { node, .. }, Before::Items(before)) => {
                self.change_items(node, |items| {
                    items.put_all_back(before);
                    Some(())
                });
            }
            (Write::Subscribe { node, jid, .. } | Write::Unsubscribe { node, jid, .. }, before) => {
                let before = match before {
                    Before::Subscription(subscription) => Some(subscription),
                    _ => None,
                };
                self.subscribe(node, jid, before);
            }
            (
                Write::SubscribeOnTerms {
                    node,
                    jid,
                    subscription,
                    ..
                }
                | Write::UnsubscribeOnTerms {
                    node,
                    jid,
                    subscription,
                    ..
                },
                before,
            ) => {
                let before = match before {
                    Before::Terms(terms) => Some(terms),
                    _ => None,
                };
                self.arrange(node, jid, subscription, before);
            }
            (Write::Await { node, jid, .. } | Write::Unawait { node, jid }, Before::Wish(wish)) => {
                self.wishes.add(node, jid, wish);
            }
            (Write::Await { node, jid, .. }, _) => {
                self.wishes.remove(node, jid);
            }
            (Write::Affiliate { node, jid, .. }, before) => {
                let before = match before {
                    Before::Affiliation(affiliation) => affiliation,
                    _ => Affiliation::None,
                };
                self.affiliate(node, jid, before);
            }
            // Nothing was there, so nothing was changed.
            (
                Write::DeleteNode { .. }
                | Write::ConfigureNode { .. }
                | Write::RemoveItem { .. }
                | Write::RemoveItems { .. }
                | Write::Unawait { .. },
                _,
            ) => {}
        }
    }

    /// Gives the node that configuration. Returns the one it had.
    fn configure(&mut self, name: &str, config: Arc<NodeConfig>) -> Option<Arc<NodeConfig>> {
        let node = self.nodes.get_mut(name)?;
        self.bytes += weight::of_config(&config);
        let before = std::mem::replace(&mut node.config, config);
        self.bytes -= weight::of_config(&before);
        self.note_endings(name);
        Some(before)
    }

    fn insert_node(&mut self, node: Node) {
        self.bytes += weight::of_node(&node);
        self.creators.add(&node.creator);
        self.items += node.items.len();
        self.subscriptions += node.subscription_count();
        for jid in node.affiliations.keys().chain(node.subscribed_jids()) {
            self.stand(bare_of(jid), &node.name);
        }
        let name = node.name.clone();
        self.nodes.insert(name.clone(), node);
        self.note_endings(&name);
    }

    fn take_node(&mut self, name: &str) -> Option<Node> {
        let gone = self.nodes.remove(name)?;
        self.expiring.remove(name);
        self.fleeting.remove(name);
        self.bytes -= weight::of_node(&gone);
        self.creators.remove(&gone.creator);
        self.items -= gone.items.len();
        self.subscriptions -= gone.subscription_count();
        for jid in gone.affiliations.keys().chain(gone.subscribed_jids()) {
            self.leave(bare_of(jid), name);
        }
        Some(gone)
    }

    /// Notes whether anything of the node ends by itself.
    fn note_endings(&mut self, name: &str) {
        let Some(node) = self.nodes.get(name) else {
            return;
        };
        let ends = node.particular.as_ref().is_some_and(|all| all.is_ending());
        if ends || node.config.item_expire.is_some() {
            self.expiring.insert(node.name.clone());
        } else {
            self.expiring.remove(name);
        }
        if node.config.purge_offline {
            self.fleeting.insert(node.name.clone());
        } else {
            self.fleeting.remove(name);
        }
    }

    fn change_items<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Items) -> Option<T>,
    ) -> Option<T> {
        let node = self.nodes.get_mut(name)?;
        let (bytes, items) = (node.items.bytes(), node.items.len());
        let changed = change(&mut node.items);
        self.bytes = self.bytes + node.items.bytes() - bytes;
        self.items = self.items + node.items.len() - items;
        changed
    }

    /// Gives the JID that subscription, or none. Returns the one it had.
    fn subscribe(
        &mut self,
        name: &Arc<str>,
        jid: &Arc<str>,
        subscription: Option<Arc<str>>,
    ) -> Option<Arc<str>> {
        let node = self.nodes.get_mut(name)?;
        let subscriptions = &mut node.subscriptions;
        let count = subscriptions.len();
        let before = match subscription {
            Some(subscription) => {
                self.bytes += weight::of_subscription(jid, &subscription);
                subscriptions.insert(jid.clone(), subscription)
            }
            None => subscriptions.remove(jid),
        };
        if let Some(before) = &before {
            self.bytes -= weight::of_subscription(jid, before);
        }
        self.subscriptions = self.subscriptions + subscriptions.len() - count;
        self.refresh_standing(jid, name);
        before
    }

    /// Gives the subscription those terms, or ends it. Returns the terms it had.
    fn arrange(
        &mut self,
        name: &Arc<str>,
        jid: &Arc<str>,
        subscription: &Arc<str>,
        terms: Option<Arc<Terms>>,
    ) -> Option<Arc<Terms>> {
        let node = self.nodes.get_mut(name)?;
        let all = Arc::make_mut(node.particular.get_or_insert_default());
        let count = all.len();
        let before = match terms {
            Some(terms) => all.put(jid, subscription, terms),
            None => all.remove(jid, subscription),
        };
        self.subscriptions = self.subscriptions + all.len() - count;
        let cost = weight::of_subscription(jid, subscription);
        self.bytes = self.bytes + all.len() * cost - count * cost;
        if all.len() == 0 {
            node.particular = None;
        }
        self.note_endings(name);
        self.refresh_standing(jid, name);
        before
    }

    /// Gives the account that affiliation. Returns the one it had.
    fn affiliate(
        &mut self,
        name: &Arc<str>,
        jid: &Arc<str>,
        affiliation: Affiliation,
    ) -> Option<Affiliation> {
        let node = self.nodes.get_mut(name)?;
        let affiliations = &mut node.affiliations;
        let count = affiliations.len();
        let before = match affiliation {
            Affiliation::None => affiliations.remove(jid),
            affiliation => affiliations.insert(jid.clone(), affiliation),
        };
        let cost = weight::of_affiliation(jid);
        self.bytes = self.bytes + affiliations.len() * cost - count * cost;
        self.refresh_standing(jid, name);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::creators::Creators;
    use crate::service::invariants::rules;
    use crate::service::terms::{Expiry, PLAIN};

    /// What is under way with the subscribers as they were must not cost as much as all of them, each time.
    #[test]
    fn a_subscription_does_not_copy_those_that_announcements_hold() {
        let mut service = Service::new(Arc::new(rules()), Creators::default());
        let node: Arc<str> = "/n".into();
        service.apply(&[Write::CreateNode {
            node: node.clone(),
            config: Arc::default(),
            creator: "ann@x".into(),
            created: 0,
        }]);
        let plain = |number: usize| Write::Subscribe {
            node: node.clone(),
            jid: format!("{number:05}@x").into(),
            subscription: number.to_string().into(),
            is_durable: true,
        };
        let particular = |number: usize| Write::SubscribeOnTerms {
            node: node.clone(),
            jid: format!("{number:05}@y").into(),
            subscription: number.to_string().into(),
            terms: Arc::new(Terms {
                expire: Expiry::At(number as u64),
                ..PLAIN.clone()
            }),
        };
        for number in 0..2_000 {
            service.apply(&[plain(number), particular(number)]);
        }
        let held: Vec<_> = (2_000..2_200)
            .map(|number| {
                let now = service.node(&node).map(|node| {
                    let all = (node.subscriptions.clone(), node.particular.clone());
                    (all.0.len(), all)
                });
                service.apply(&[plain(number), particular(number)]);
                now
            })
            .collect();
        for (index, now) in held.iter().enumerate() {
            assert_eq!(now.as_ref().map(|(count, _)| *count), Some(2_000 + index));
        }
        let now = service.node(&node).expect("it was created");
        let (jid, _) = now.subscriptions.get_min().expect("there are many");
        assert!(Arc::strong_count(jid) < 20, "{}", Arc::strong_count(jid));
        let jid = now.particular.iter().flat_map(|all| all.jids()).next();
        let count = jid.map(Arc::strong_count);
        assert!(count.is_some_and(|count| count < 20), "{count:?}");
    }
}
