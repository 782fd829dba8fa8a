//! The state of the service, spread over shards by the name of the node: each a service of its own behind a short lock. Also what concerns
//! all of them: the names of all nodes in order, and how much is kept. Decides nothing.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::service::applying::Before;
use crate::service::creators::Creators;
use crate::service::vocabulary::{Page, PageInfo, PageStart, Write};
use crate::service::{Rules, Service, personal};

/// How many shards; more than there are ever threads that want one at the same time.
const SHARDS: usize = 32;

/// So many nodes may be noted as undecided before those that no longer are get swept out.
const SWEPT: usize = 1024;

/// All nodes.
#[derive(Debug)]
pub(crate) struct Shards {
    all: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    names: RwLock<BTreeSet<Arc<str>>>,
    /// The names of nodes of accounts, which are nobody else's business.
    personal: RwLock<BTreeSet<Arc<str>>>,
    stored: AtomicUsize,
}

/// Some of them.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) service: Service,
    /// The last decision about a node, by number, that was not known to be kept when it was noted.
    undecided: HashMap<Arc<str>, u64>,
    /// The greatest of these numbers.
    last: u64,
    sweep_at: usize,
}

impl Shard {
    /// Whether something about the node waits to be kept; `kept` is the number of the last decision that is.
    pub(crate) fn is_undecided(&self, name: &str, kept: u64) -> bool {
        self.last > kept && self.undecided.get(name).is_some_and(|last| *last > kept)
    }

    /// Notes that a decision about the node waits to be kept.
    pub(crate) fn note(&mut self, name: &Arc<str>, decision: u64, kept: u64) {
        if self.undecided.len() >= self.sweep_at {
            self.undecided.retain(|_, last| *last > kept);
            self.sweep_at = SWEPT.max(2 * self.undecided.len());
        }
        self.last = decision;
        match self.undecided.get_mut(name) {
            Some(last) => *last = decision,
            None => {
                self.undecided.insert(name.clone(), decision);
            }
        }
    }
}

impl Shards {
    pub(crate) fn new(rules: &Arc<Rules>) -> Self {
        let creators = Creators::default();
        let shard = || Shard {
            service: Service::new(rules.clone(), creators.clone()),
            undecided: HashMap::new(),
            last: 0,
            sweep_at: SWEPT,
        };
        Self {
            all: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
            hasher: RandomState::new(),
            names: RwLock::default(),
            personal: RwLock::default(),
            stored: AtomicUsize::new(0),
        }
    }

    /// The shard of a node. There is one for every name.
    pub(crate) fn of(&self, name: &str) -> Option<MutexGuard<'_, Shard>> {
        self.all.get(self.index(name)).map(lock)
    }

    fn index(&self, name: &str) -> usize {
        usize::try_from(self.hasher.hash_one(name) % SHARDS as u64).unwrap_or_default()
    }

    /// One shard after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.all.iter().map(lock)
    }

    /// All shards at once, in the one order in which more than one may be locked.
    pub(crate) fn all(&self) -> AllShards<'_> {
        AllShards {
            shards: self,
            guards: self.each().collect(),
        }
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        let personal = self.personal.read().unwrap_or_else(PoisonError::into_inner);
        self.names_to_read().len() + personal.len()
    }

    /// How many bytes all nodes keep together, by what things count for.
    pub(crate) fn stored(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }

    /// Makes a decision so.
    pub(crate) fn apply(&self, shard: &mut Shard, writes: &[Write]) {
        self.counted(shard, |service| service.apply(writes));
        self.keep_names(writes);
    }

    /// Makes a decision so, in a way that can be taken back.
    pub(crate) fn apply_reversibly(&self, shard: &mut Shard, writes: &[Write]) -> Vec<Before> {
        let before = self.counted(shard, |service| service.apply_reversibly(writes));
        self.keep_names(writes);
        before
    }

    fn counted<T>(&self, shard: &mut Shard, change: impl FnOnce(&mut Service) -> T) -> T {
        let before = shard.service.bytes();
        let result = change(&mut shard.service);
        let after = shard.service.bytes();
        if after >= before {
            self.stored.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.stored.fetch_sub(before - after, Ordering::Relaxed);
        }
        result
    }

    fn keep_names(&self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::CreateNode { node, .. } => {
                    self.names_to_write(node).insert(node.clone());
                }
                Write::DeleteNode { node } => {
                    self.names_to_write(node).remove(node);
                }
                _ => {}
            }
        }
    }

    /// A page of the names of all nodes, in the order of their bytes.
    pub(crate) fn names(
        &self,
        page: &Page<'_>,
        most: usize,
        hidden: &[String],
    ) -> (Vec<Arc<str>>, PageInfo) {
        let names = self.names_to_read();
        let most = page.max.unwrap_or(usize::MAX).min(most);
        let is_shown = |name: &&Arc<str>| !hidden.iter().any(|prefix| name.starts_with(prefix));
        let shown = || names.iter().filter(is_shown);
        let chosen: Vec<Arc<str>> = match &page.from {
            PageStart::First => shown().take(most).cloned().collect(),
            PageStart::Index(index) => shown().skip(*index).take(most).cloned().collect(),
            PageStart::After(name) => names
                .range::<str, _>((Bound::Excluded(&**name), Bound::Unbounded))
                .filter(is_shown)
                .take(most)
                .cloned()
                .collect(),
            PageStart::Last => backwards(shown().rev().take(most)),
            PageStart::Before(name) => backwards(
                names
                    .range::<str, _>((Bound::Unbounded, Bound::Excluded(&**name)))
                    .rev()
                    .filter(is_shown)
                    .take(most),
            ),
        };
        let count = if hidden.is_empty() {
            names.len()
        } else {
            shown().count()
        };
        let first = chosen.first().cloned();
        let index = match &page.from {
            PageStart::First => Some(0),
            PageStart::Index(index) => Some(*index),
            PageStart::Last => Some(count - chosen.len()),
            PageStart::After(_) | PageStart::Before(_) => None,
        };
        let info = PageInfo {
            index: index.filter(|_| first.is_some()),
            first,
            last: chosen.last().cloned(),
            count,
        };
        (chosen, info)
    }

    fn names_to_read(&self) -> RwLockReadGuard<'_, BTreeSet<Arc<str>>> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of all nodes of an account.
    pub(crate) fn names_of(&self, owner: &str) -> Vec<Arc<str>> {
        let prefix = personal::prefix(owner);
        let personal = self.personal.read().unwrap_or_else(PoisonError::into_inner);
        personal
            .range::<str, _>((Bound::Included(&*prefix), Bound::Unbounded))
            .take_while(|name| name.starts_with(&prefix))
            .cloned()
            .collect()
    }

    /// The names among which that one belongs.
    fn names_to_write(&self, name: &str) -> RwLockWriteGuard<'_, BTreeSet<Arc<str>>> {
        let names = match personal::owner(name) {
            Some(_) => &self.personal,
            None => &self.names,
        };
        names.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is gone, whatever becomes of what was decided meanwhile.
#[derive(Debug)]
pub(crate) enum Leaver {
    /// A session, with what it awaits.
    Session(u64),
    /// Somebody anonymous, by bare JID, with all subscriptions.
    Guest(Arc<str>),
}

/// All shards, locked: nothing is decided meanwhile.
pub(crate) struct AllShards<'s> {
    shards: &'s Shards,
    guards: Vec<MutexGuard<'s, Shard>>,
}

impl AllShards<'_> {
    /// Sees to it that nothing is left of who is gone: taking decisions back may have brought it back. Nobody keeps it, so there is nothing to commit.
    pub(crate) fn dismiss(&mut self, leaver: &Leaver) {
        for shard in &mut self.guards {
            let writes = match leaver {
                Leaver::Session(session) => shard.service.farewell(*session),
                Leaver::Guest(bare) => shard.service.departure(bare, false),
            };
            self.shards.apply(shard, &writes);
        }
    }

    /// Takes a decision back. Later ones must have been taken back before.
    pub(crate) fn revert(&mut self, writes: &[Write], before: Vec<Before>) {
        for (write, before) in writes.iter().zip(before).rev() {
            let index = self.shards.index(write.node());
            if let Some(shard) = self.guards.get_mut(index) {
                self.shards
                    .counted(shard, |service| service.revert(write, before));
            }
            match write {
                Write::CreateNode { node, .. } => {
                    self.shards.names_to_write(node).remove(node);
                }
                Write::DeleteNode { node } => {
                    self.shards.names_to_write(node).insert(node.clone());
                }
                _ => {}
            }
        }
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn backwards<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    let mut names: Vec<_> = names.cloned().collect();
    names.reverse();
    names
}
