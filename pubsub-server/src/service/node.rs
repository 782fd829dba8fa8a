//! One node as the service keeps it: configuration, affiliations, subscriptions and items. Holds invariants (an item id is unique, items
//! stay in publishing order) and answers questions; it decides nothing and refuses nobody.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use super::access::Affiliation;
use super::options::{MaxItems, NodeConfig};
use super::terms::{PLAIN, Particular, Subscription, SubscriptionState, Terms};
use super::vocabulary::Write;
use super::weight;

/// One published item. The payload is the source text the publisher sent, never parsed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Unique at its node.
    pub id: Arc<str>,
    /// Bare JID of who published it.
    pub publisher: Arc<str>,
    /// One self-contained element, or empty.
    pub payload: Arc<str>,
    /// When it was published, in seconds since 1970.
    pub published: u64,
}

impl Item {
    /// The bytes of its texts.
    pub(crate) fn size(&self) -> usize {
        self.payload.len() + self.id.len()
    }
}

/// An item that was taken out, and where it was among the others.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    sequence: u64,
    item: Arc<Item>,
}

/// The items of a node, oldest first by their last publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    by_sequence: BTreeMap<u64, Arc<Item>>,
    by_id: HashMap<Arc<str>, u64>,
    next: u64,
    bytes: usize,
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        self.by_sequence.len()
    }

    /// What all of them count for.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Arc<Item>> {
        self.by_id
            .get(id)
            .and_then(|sequence| self.by_sequence.get(sequence))
    }

    pub(crate) fn newest(&self) -> Option<&Arc<Item>> {
        self.by_sequence.values().next_back()
    }

    /// All items, oldest first; reversible.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Item>> {
        self.by_sequence.values()
    }

    /// The items published after the one with that id, if it is there.
    pub(crate) fn after(&self, id: &str) -> Option<impl DoubleEndedIterator<Item = &Arc<Item>>> {
        let sequence = *self.by_id.get(id)?;
        Some(self.by_sequence.range(sequence + 1..).map(|(_, item)| item))
    }

    /// The items published before the one with that id, if it is there.
    pub(crate) fn before(&self, id: &str) -> Option<impl DoubleEndedIterator<Item = &Arc<Item>>> {
        let sequence = *self.by_id.get(id)?;
        Some(self.by_sequence.range(..sequence).map(|(_, item)| item))
    }

    /// How many items are older than the one with that id.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.before(id).map(Iterator::count)
    }

    /// Puts an item at the end; one with the same id gives way and is returned.
    pub(crate) fn put(&mut self, item: Arc<Item>) -> Option<Placed> {
        let before = self.remove(&item.id);
        self.bytes += weight::of_item(&item);
        self.by_id.insert(item.id.clone(), self.next);
        self.by_sequence.insert(self.next, item);
        self.next += 1;
        before
    }

    /// Takes an item out, and tells where it was.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Placed> {
        let sequence = self.by_id.remove(id)?;
        let item = self.by_sequence.remove(&sequence)?;
        self.bytes -= weight::of_item(&item);
        Some(Placed { sequence, item })
    }

    /// Puts an item back to where it was; one with the same id gives way.
    pub(crate) fn put_back(&mut self, placed: Placed) {
        self.remove(&placed.item.id);
        self.bytes += weight::of_item(&placed.item);
        self.by_id.insert(placed.item.id.clone(), placed.sequence);
        self.by_sequence.insert(placed.sequence, placed.item);
    }

    /// Puts back all that was taken out, in place of what is there.
    pub(crate) fn put_all_back(&mut self, before: Self) {
        let next = self.next.max(before.next);
        *self = Self { next, ..before };
    }

    /// Takes all out. What comes later still counts as newer.
    pub(crate) fn take(&mut self) -> Self {
        let next = self.next;
        std::mem::replace(
            self,
            Self {
                next,
                ..Self::default()
            },
        )
    }
}

/// The plain subscriptions, by the subscribed JID, bare or full; the value is the subscription id. A copy shares all that does not change.
pub(crate) type Subscriptions = OrdMap<Arc<str>, Arc<str>>;

/// By bare JID; `Affiliation::None` is never stored.
pub(crate) type Affiliations = OrdMap<Arc<str>, Affiliation>;

/// A leaf node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(crate) config: Arc<NodeConfig>,
    /// Bare JID of who created it.
    pub(crate) creator: Arc<str>,
    /// Seconds since 1970.
    pub(crate) created: u64,
    /// Shared as the subscriptions are.
    pub(crate) affiliations: Affiliations,
    /// Shared with announcements that are under way: who is to hear of a change is known when it is decided.
    pub(crate) subscriptions: Subscriptions,
    /// The subscriptions that are not plain. None as long as there is none.
    pub(crate) particular: Option<Arc<Particular>>,
    pub(crate) items: Items,
}

impl Node {
    pub(crate) fn affiliation(&self, bare: &str) -> Affiliation {
        self.affiliations.get(bare).copied().unwrap_or_default()
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = &Arc<str>> {
        self.affiliations
            .iter()
            .filter(|(_, affiliation)| **affiliation == Affiliation::Owner)
            .map(|(jid, _)| jid)
    }

    /// Whether the account is subscribed with its bare JID or any full one.
    pub(crate) fn is_subscribed(&self, bare: &str) -> bool {
        self.subscriptions_of(bare)
            .any(|one| one.terms.state == SubscriptionState::Subscribed)
    }

    /// How many subscriptions there are, whatever their state.
    pub(crate) fn subscription_count(&self) -> usize {
        self.subscriptions.len() + self.particular.as_ref().map_or(0, |all| all.len())
    }

    /// How many subscriptions are granted.
    pub(crate) fn subscriber_count(&self) -> usize {
        let others = self.particular.iter().flat_map(|all| all.iter());
        let granted = |one: &Subscription<'_>| one.terms.state == SubscriptionState::Subscribed;
        self.subscriptions.len() + others.filter(granted).count()
    }

    /// All subscriptions.
    pub(crate) fn all_subscriptions(&self) -> impl Iterator<Item = Subscription<'_>> {
        self.subscriptions
            .iter()
            .map(plain)
            .chain(self.particular.iter().flat_map(|all| all.iter()))
    }

    /// The plain ones of that JID and of all that come after it.
    pub(crate) fn plain_from<'n>(
        &'n self,
        jid: &str,
    ) -> impl Iterator<Item = Subscription<'n>> + use<'n> {
        self.subscriptions
            .range::<_, str>((Bound::Included(jid), Bound::Unbounded))
            .map(plain)
    }

    /// The plain ones of that JID and of all that come before it, backwards; all without a JID.
    pub(crate) fn plain_to<'n>(
        &'n self,
        jid: Option<&str>,
    ) -> impl Iterator<Item = Subscription<'n>> + use<'n> {
        let end = jid.map_or(Bound::Unbounded, Bound::Included);
        self.subscriptions
            .range::<_, str>((Bound::Unbounded, end))
            .rev()
            .map(plain)
    }

    /// The subscriptions of exactly that JID.
    pub(crate) fn subscriptions_at<'n>(
        &'n self,
        jid: &str,
    ) -> impl Iterator<Item = Subscription<'n>> {
        self.subscriptions
            .get_key_value(jid)
            .into_iter()
            .map(plain)
            .chain(
                self.particular
                    .as_ref()
                    .map(|all| all.of(jid))
                    .into_iter()
                    .flatten(),
            )
    }

    /// Everybody who is subscribed or waits to be, each JID once.
    pub(crate) fn subscribed_jids(&self) -> impl Iterator<Item = &Arc<str>> {
        let others = self.particular.iter().flat_map(|all| all.jids());
        self.subscriptions
            .keys()
            .chain(others.filter(|jid| !self.subscriptions.contains_key(*jid)))
    }

    /// The write by which a subscription ends.
    pub(crate) fn end(&self, subscription: Subscription<'_>, is_durable: bool) -> Write {
        if subscription.is_plain {
            Write::Unsubscribe {
                node: self.name.clone(),
                jid: subscription.jid.clone(),
                is_durable,
            }
        } else {
            Write::UnsubscribeOnTerms {
                node: self.name.clone(),
                jid: subscription.jid.clone(),
                subscription: subscription.id.clone(),
                is_durable,
            }
        }
    }

    /// The writes by which a subscription comes to stand under these terms, as a plain one where that will do.
    pub(crate) fn stand(
        &self,
        jid: &Arc<str>,
        id: &Arc<str>,
        before: Option<Subscription<'_>>,
        terms: Terms,
    ) -> Vec<Write> {
        let is_free = self
            .subscriptions
            .get(jid)
            .is_none_or(|present| present == id);
        let is_plain = terms.is_plain() && is_free;
        let mut writes = Vec::new();
        match before {
            Some(before) if before.is_plain && is_plain => return writes,
            // Records of the two kinds, and those that a restart keeps and not, are no replacement for each other.
            Some(before)
                if before.is_plain
                    || is_plain
                    || before.terms.is_durable() != terms.is_durable() =>
            {
                writes.push(self.end(before, true));
            }
            _ => {}
        }
        writes.push(if is_plain {
            Write::Subscribe {
                node: self.name.clone(),
                jid: jid.clone(),
                subscription: id.clone(),
                is_durable: terms.is_kept,
            }
        } else {
            Write::SubscribeOnTerms {
                node: self.name.clone(),
                jid: jid.clone(),
                subscription: id.clone(),
                terms: Arc::new(terms),
            }
        });
        writes
    }

    /// The subscriptions of one account, by bare JID and by full JIDs.
    pub(crate) fn subscriptions_of<'n>(
        &'n self,
        bare: &'n str,
    ) -> impl Iterator<Item = Subscription<'n>> {
        self.subscriptions
            .range::<_, str>((Bound::Included(bare), Bound::Unbounded))
            .take_while(move |(jid, _)| jid.starts_with(bare))
            .filter(move |(jid, _)| bare_of(jid) == bare)
            .map(plain)
            .chain(
                self.particular
                    .iter()
                    .flat_map(move |all| all.of_account(bare)),
            )
    }

    /// The items that have expired by then. Those that a clock which was wrong has dated later than now stand in nobody's way.
    pub(crate) fn expired(&self, now: u64) -> impl Iterator<Item = &Arc<Item>> {
        self.items
            .iter()
            .take_while(move |item| item.published > now || self.has_expired(item, now))
            .filter(move |item| self.has_expired(item, now))
    }

    pub(crate) fn has_expired(&self, item: &Item, now: u64) -> bool {
        self.config
            .item_expire
            .is_some_and(|age| item.published.saturating_add(age.get()) <= now)
    }

    /// The node under another configuration and without its items, to try out who may stay.
    pub(crate) fn configured(&self, config: Arc<NodeConfig>) -> Self {
        Self {
            name: self.name.clone(),
            config,
            creator: self.creator.clone(),
            created: self.created,
            affiliations: self.affiliations.clone(),
            subscriptions: self.subscriptions.clone(),
            particular: self.particular.clone(),
            items: Items::default(),
        }
    }
}

fn plain<'n>((jid, id): (&'n Arc<str>, &'n Arc<str>)) -> Subscription<'n> {
    Subscription {
        jid,
        id,
        terms: &PLAIN,
        is_plain: true,
    }
}

/// How many items a node with this configuration keeps when the service allows `service_limit`.
pub(crate) fn capacity(config: &NodeConfig, service_limit: usize) -> usize {
    match config.max_items {
        MaxItems::Max => service_limit,
        MaxItems::Count(count) => count.min(service_limit),
    }
}

/// The part of a JID before its resource.
pub(crate) fn bare_of(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_from_the_future_keeps_no_other_alive() {
        let mut node = Node {
            name: "/n".into(),
            config: Arc::new(NodeConfig {
                item_expire: std::num::NonZeroU64::new(10),
                ..NodeConfig::default()
            }),
            creator: "a@x".into(),
            created: 0,
            affiliations: Affiliations::new(),
            subscriptions: Subscriptions::new(),
            particular: None,
            items: Items::default(),
        };
        for (id, published) in [("late", 5000), ("old", 100), ("older", 90), ("new", 115)] {
            node.items.put(Arc::new(Item {
                id: id.into(),
                publisher: "a@x".into(),
                payload: "".into(),
                published,
            }));
        }
        let expired = |now| {
            let ids: Vec<&str> = node.expired(now).map(|item| &*item.id).collect();
            ids
        };
        assert_eq!(expired(99), [""; 0]);
        assert_eq!(expired(112), ["old", "older"]);
        assert_eq!(expired(5010), ["late", "old", "older", "new"]);
    }
}
