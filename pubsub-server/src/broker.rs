//! The one place that makes things happen: decide -> store -> apply -> answer -> notify, for every request, in that order.
//!
//! Nodes are spread over shards by name, each a service of its own behind a short lock. Notifications are queued while the lock is held, so
//! all subscribers of a node hear of its changes in the order in which they were made.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::router::{Router, Wakes};
use crate::service::commands::last_item;
use crate::service::error::ServiceError;
use crate::service::node::Node;
use crate::service::options::SendLast;
use crate::service::vocabulary::{
    Actor, Audience, Context, Notification, Page, PageInfo, PageStart, Reply, Request, Write,
};
use crate::service::{Rules, Service};
use crate::statistics::Statistics;
use crate::storage::{Storage, StorageError};
use crate::wire::notification;

/// How many shards; more than there are ever threads that want one at the same time.
const SHARDS: usize = 32;

/// The PubSub service with its state, its store and its subscribers.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) address: Arc<str>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) router: Arc<Router>,
    storage: Arc<dyn Storage>,
    shards: Box<[Mutex<Service>]>,
    hasher: RandomState,
    /// The names of all nodes, in order.
    names: RwLock<BTreeSet<Arc<str>>>,
    stored: AtomicUsize,
    announced: AtomicU64,
    published: AtomicU64,
    delivered: AtomicU64,
}

impl Broker {
    /// A broker with everything the store holds.
    pub(crate) fn load(
        address: Arc<str>,
        rules: Rules,
        router: Arc<Router>,
        storage: Arc<dyn Storage>,
    ) -> Result<Self, StorageError> {
        let rules = Arc::new(rules);
        let shards = (0..SHARDS)
            .map(|_| Mutex::new(Service::new(rules.clone())))
            .collect();
        let writes = storage.load()?;
        let broker = Self {
            address,
            rules,
            router,
            storage,
            shards,
            hasher: RandomState::new(),
            names: RwLock::default(),
            stored: AtomicUsize::new(0),
            announced: AtomicU64::new(0),
            published: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
        };
        for write in writes {
            if let Some(mut shard) = broker.shard(write.node()) {
                broker.apply(&mut shard, &[write]);
            }
        }
        Ok(broker)
    }

    /// Does what is asked of one node, and queues what subscribers are to hear of it.
    pub(crate) fn perform(
        &self,
        actor: &Actor,
        request: Request<'_>,
        wakes: &mut Wakes,
    ) -> Result<Reply, ServiceError> {
        let mut context = self.context();
        if let Request::Subscribe { awaits: true, .. } = &request {
            context.wishes_left = self.wishes_left(&actor.bare);
        }
        let request = match request {
            // The shard depends on the name, so an instant node gets its name here.
            Request::Create { node: None, form } => Request::Create {
                node: Some(Cow::Owned(context.fresh_name(0).to_string())),
                form,
            },
            request => request,
        };
        let Some(mut shard) = self.shard(request.node()) else {
            return Err(ServiceError::StorageFailed);
        };
        let outcome = shard.decide(&context, actor, request)?;
        if !outcome.writes.is_empty() {
            self.commit(&outcome.writes)?;
            self.apply(&mut shard, &outcome.writes);
            self.count_published(&outcome.writes);
        }
        for notification in &outcome.notifications {
            self.notify(&shard, notification, wakes);
        }
        Ok(outcome.reply)
    }

    /// Ends the subscriptions of somebody who never comes back.
    pub(crate) fn depart(&self, bare: &str) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let writes = shard.departure(bare);
            if !writes.is_empty() && self.commit(&writes).is_ok() {
                self.apply(&mut shard, &writes);
            }
        }
    }

    /// Ends what a session awaits.
    pub(crate) fn end_session(&self, session: u64) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let writes = shard.farewell(session);
            // Nobody keeps them, so there is nothing to commit.
            self.apply(&mut shard, &writes);
        }
    }

    /// What an account awaits: node, JID and the id of the subscription that it becomes.
    pub(crate) fn awaited(&self, bare: &str) -> Vec<(Arc<str>, Arc<str>, Arc<str>)> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            let wishes = shard.wishes();
            for (node, jid) in wishes.places_of(bare) {
                if let Some(wish) = wishes.find(node, jid) {
                    found.push((node.clone(), jid.clone(), wish.subscription.clone()));
                }
            }
        }
        found
    }

    /// How many more nodes an account may await.
    fn wishes_left(&self, bare: &str) -> usize {
        let (mut own, mut all) = (0, 0);
        for shard in &self.shards {
            let shard = lock(shard);
            own += shard.wishes().of_account(bare);
            all += shard.wishes().len();
        }
        let Rules {
            max_awaited,
            max_awaited_by_all,
            ..
        } = &*self.rules;
        let own = max_awaited.saturating_sub(own);
        own.min(max_awaited_by_all.saturating_sub(all))
    }

    /// Sends the newest items that a resource is owed when it becomes available.
    pub(crate) fn greet(&self, actor: &Actor, wakes: &mut Wakes) {
        for shard in &self.shards {
            let shard = lock(shard);
            let owed: Vec<Notification> = shard
                .nodes_of(&actor.bare)
                .filter(|node| node.config.send_last == SendLast::OnSubscriptionAndPresence)
                .filter(|node| {
                    node.subscriptions.contains_key(&actor.bare)
                        || node.subscriptions.contains_key(&actor.full)
                })
                .filter_map(|node| last_item(node, &actor.full))
                .collect();
            for notification in &owed {
                self.notify(&shard, notification, wakes);
            }
        }
    }

    /// Looks at one node.
    pub(crate) fn inspect<T>(&self, name: &str, look: impl FnOnce(&Node) -> T) -> Option<T> {
        self.shard(name)?.node(name).map(look)
    }

    /// Collects something from the nodes at which an account has a standing.
    pub(crate) fn survey<T>(&self, bare: &str, mut look: impl FnMut(&Node, &mut Vec<T>)) -> Vec<T> {
        let mut found = Vec::new();
        for shard in &self.shards {
            for node in lock(shard).nodes_of(bare) {
                look(node, &mut found);
            }
        }
        found
    }

    /// A page of the names of all nodes, in the order of their bytes.
    pub(crate) fn names(&self, page: &Page<'_>) -> (Vec<Arc<str>>, PageInfo) {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let most = page.max.unwrap_or(usize::MAX).min(self.rules.max_page);
        let chosen: Vec<Arc<str>> = match &page.from {
            PageStart::First => names.iter().take(most).cloned().collect(),
            PageStart::Index(index) => names.iter().skip(*index).take(most).cloned().collect(),
            PageStart::After(name) => names
                .range::<str, _>((Bound::Excluded(&**name), Bound::Unbounded))
                .take(most)
                .cloned()
                .collect(),
            PageStart::Last => backwards(names.iter().rev().take(most)),
            PageStart::Before(name) => backwards(
                names
                    .range::<str, _>((Bound::Unbounded, Bound::Excluded(&**name)))
                    .rev()
                    .take(most),
            ),
        };
        let first = chosen.first().cloned();
        let index = match &page.from {
            PageStart::First => Some(0),
            PageStart::Index(index) => Some(*index),
            PageStart::Last => Some(names.len() - chosen.len()),
            PageStart::After(_) | PageStart::Before(_) => None,
        };
        let info = PageInfo {
            index: index.filter(|_| first.is_some()),
            first,
            last: chosen.last().cloned(),
            count: names.len(),
        };
        (chosen, info)
    }

    /// What the service holds and has done; nothing of connections.
    pub(crate) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics {
            nodes: self
                .names
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .len(),
            stored_bytes: self.stored.load(Ordering::Relaxed),
            published: self.published.load(Ordering::Relaxed),
            delivered: self.delivered.load(Ordering::Relaxed),
            ..Statistics::default()
        };
        for shard in &self.shards {
            let shard = lock(shard);
            statistics.subscriptions += shard.subscriptions();
            statistics.items += shard.items();
            statistics.awaited += shard.wishes().len();
        }
        statistics
    }

    fn count_published(&self, writes: &[Write]) {
        let items = writes
            .iter()
            .filter(|write| matches!(write, Write::PutItem { .. }));
        self.published
            .fetch_add(items.count() as u64, Ordering::Relaxed);
    }

    fn shard(&self, name: &str) -> Option<MutexGuard<'_, Service>> {
        let index = usize::try_from(self.hasher.hash_one(name) % SHARDS as u64).unwrap_or_default();
        self.shards.get(index).map(lock)
    }

    fn context(&self) -> Context {
        let nodes = self
            .names
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        Context {
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            random: rand::random(),
            nodes_left: self.rules.max_nodes.saturating_sub(nodes),
            bytes_left: self
                .rules
                .max_stored
                .saturating_sub(self.stored.load(Ordering::Relaxed)),
            wishes_left: 0,
        }
    }

    fn commit(&self, writes: &[Write]) -> Result<(), ServiceError> {
        self.storage.commit(writes).map_err(|error| {
            tracing::error!(%error, "a change was not stored and is refused");
            ServiceError::StorageFailed
        })
    }

    fn apply(&self, shard: &mut Service, writes: &[Write]) {
        let before = shard.bytes();
        shard.apply(writes);
        let after = shard.bytes();
        if after >= before {
            self.stored.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.stored.fetch_sub(before - after, Ordering::Relaxed);
        }
        for write in writes {
            match write {
                Write::CreateNode { node, .. } => {
                    self.names
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(node.clone());
                }
                Write::DeleteNode { node } => {
                    self.names
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(node);
                }
                _ => {}
            }
        }
    }

    fn notify(&self, shard: &Service, notification: &Notification, wakes: &mut Wakes) {
        let audience: Recipients<'_> = match &notification.audience {
            Audience::These(jids) => Recipients::These(jids.iter()),
            Audience::Subscribers => match shard.node(&notification.node) {
                Some(node) if !node.subscriptions.is_empty() => {
                    Recipients::Subscribers(node.subscriptions.keys())
                }
                _ => return,
            },
        };
        let id = self.announced.fetch_add(1, Ordering::Relaxed);
        let mut tail = String::with_capacity(512);
        notification::write_tail(&mut tail, &self.address, id, notification);
        let directory = self.router.directory();
        let before = wakes.deliveries();
        let mut escaped = String::new();
        for jid in audience {
            escaped.clear();
            crate::wire::escaped(&mut escaped, jid);
            directory.deliver(wakes, jid, &[notification::HEAD, &escaped, &tail]);
        }
        let delivered = wakes.deliveries() - before;
        self.delivered
            .fetch_add(delivered as u64, Ordering::Relaxed);
    }
}

enum Recipients<'n> {
    These(std::slice::Iter<'n, Arc<str>>),
    Subscribers(std::collections::btree_map::Keys<'n, Arc<str>, Arc<str>>),
}

impl<'n> Iterator for Recipients<'n> {
    type Item = &'n Arc<str>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::These(jids) => jids.next(),
            Self::Subscribers(jids) => jids.next(),
        }
    }
}

fn lock(shard: &Mutex<Service>) -> MutexGuard<'_, Service> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn backwards<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    let mut names: Vec<_> = names.cloned().collect();
    names.reverse();
    names
}
