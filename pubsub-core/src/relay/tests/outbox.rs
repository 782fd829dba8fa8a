//! An outbox in memory: what the relay asks of a store, and nothing that only rows need. It can fail, and lose lanes to others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::Notify;

use crate::name::{ItemId, NodeName};
use crate::registry::Descriptor;
use crate::store::{
    Depth, Entry, EntryKind, History, Joined, Lane, Outbox, Parked, Query, Row, Rows, Settled,
    Store, StoreError, StoreErrorKind, Transaction, Unit, Waiting, Wanted, Written,
};

#[derive(Debug)]
pub(super) struct MemoryOutbox {
    log: Arc<str>,
    inside: Mutex<Inside>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Inside {
    nodes: BTreeMap<NodeName, Kept>,
    failures: VecDeque<StoreErrorKind>,
    settlements: usize,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Entry>,
    delivered: u64,
    pruned: u64,
    is_claimed: bool,
    parked: BTreeMap<u64, String>,
}

impl Kept {
    fn lane(&self, node: &NodeName) -> Lane {
        Lane {
            node: node.clone(),
            delivered: self.delivered,
            last: self.entries.len() as u64,
        }
    }

    fn after(&self, after: u64, most: u32) -> impl Iterator<Item = Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.sequence > after.max(self.pruned))
            .take(most as usize)
            .map(|entry| Entry {
                is_parked: self.parked.contains_key(&entry.sequence),
                ..entry.clone()
            })
    }
}

impl MemoryOutbox {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            log: "log".into(),
            inside: Mutex::default(),
            news: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// Saves something: a published entry, or with `text` none a retraction.
    pub(super) fn tell(&self, node: &str, item: &str, text: Option<&str>) {
        let entry = "<entry xmlns=\"http://www.w3.org/2005/Atom\">";
        let payload = text.map(|text| format!("{entry}{text}</entry>").into());
        let kind = if text.is_some() {
            EntryKind::Put
        } else {
            EntryKind::Retract { notify: true }
        };
        let node = NodeName::new(node).unwrap();
        let mut inside = self.lock();
        let kept = inside.nodes.entry(node.clone()).or_default();
        let sequence = kept.entries.len() as u64 + 1;
        kept.entries.push(Entry {
            node,
            sequence,
            item: ItemId::new(item).unwrap(),
            kind,
            action: None,
            model: None,
            origin: None,
            payload,
            is_parked: false,
            defect: None,
        });
        drop(inside);
        self.news.notify_one();
    }

    /// Calls it all delivered, as if by an earlier relay.
    pub(super) fn call_delivered(&self) {
        for kept in self.lock().nodes.values_mut() {
            kept.delivered = kept.entries.len() as u64;
        }
    }

    /// Forgets the first entries of every node.
    pub(super) fn prune(&self, entries: u64) {
        for kept in self.lock().nodes.values_mut() {
            kept.pruned = entries.min(kept.delivered);
        }
    }

    /// The next requests fail so.
    pub(super) fn fail_next(&self, kinds: &[StoreErrorKind]) {
        self.lock().failures.extend(kinds);
    }

    /// Another relay has this lane now.
    pub(super) fn lose(&self, node: &str) {
        let node = NodeName::new(node).unwrap();
        self.lock().nodes.entry(node).or_default().is_claimed = false;
    }

    pub(super) fn delivered(&self, node: &str) -> u64 {
        let node = NodeName::new(node).unwrap();
        self.lock()
            .nodes
            .get(&node)
            .map_or(0, |kept| kept.delivered)
    }

    pub(super) fn refusals(&self, node: &str) -> Vec<(u64, String)> {
        let node = NodeName::new(node).unwrap();
        let inside = self.lock();
        let parked = inside.nodes.get(&node).map(|kept| kept.parked.clone());
        parked.unwrap_or_default().into_iter().collect()
    }

    pub(super) fn claimed(&self) -> usize {
        let inside = self.lock();
        inside.nodes.values().filter(|kept| kept.is_claimed).count()
    }

    pub(super) fn settlements(&self) -> usize {
        self.lock().settlements
    }

    fn inside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Inside) -> Result<T, StoreError>,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let mut inside = self.lock();
        let answer = match inside.failures.pop_front() {
            Some(kind) => Err(StoreError::new(kind, "as the test wants it")),
            None => work(&mut inside),
        };
        ready(answer).boxed()
    }
}

fn claim(
    inside: &mut Inside,
    most: u32,
    is_wanted: impl Fn(&NodeName, &Kept) -> bool,
) -> Vec<Lane> {
    let free = inside
        .nodes
        .iter_mut()
        .filter(|(node, kept)| !kept.is_claimed && is_wanted(node, kept));
    free.take(most as usize)
        .map(|(node, kept)| {
            kept.is_claimed = true;
            kept.lane(node)
        })
        .collect()
}

impl Outbox for MemoryOutbox {
    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>> {
        let is_due = |_: &NodeName, kept: &Kept| kept.delivered < kept.entries.len() as u64;
        self.inside(|inside| Ok(claim(inside, most, is_due)))
    }

    fn waiting<'a>(
        &'a self,
        wanted: &'a [Wanted],
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        self.inside(|inside| {
            let entries = wanted.iter().flat_map(|wanted| {
                let kept = inside.nodes.get(&wanted.node);
                kept.into_iter()
                    .flat_map(|kept| kept.after(wanted.after, wanted.most))
            });
            Ok(entries.collect())
        })
    }

    fn settle(&self, settled: Vec<Settled>) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>> {
        self.inside(|inside| {
            let is_ours = |settled: &Settled| {
                let kept = inside.nodes.get(&settled.node);
                kept.is_some_and(|kept| kept.is_claimed)
            };
            if !settled.iter().all(is_ours) {
                return Err(StoreError::new(StoreErrorKind::Lost, "another's"));
            }
            inside.settlements += 1;
            let mut still_claimed = Vec::new();
            for settled in settled {
                let Some(kept) = inside.nodes.get_mut(&settled.node) else {
                    continue;
                };
                assert!(settled.delivered >= kept.delivered, "it goes back");
                kept.delivered = settled.delivered;
                kept.parked.extend(settled.parked);
                if settled.release {
                    kept.is_claimed = kept.delivered < kept.entries.len() as u64;
                    still_claimed.extend(kept.is_claimed.then(|| kept.lane(&settled.node)));
                }
            }
            Ok(still_claimed)
        })
    }

    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inside(|inside| {
            for kept in inside.nodes.values_mut() {
                kept.is_claimed = false;
            }
            Ok(())
        })
    }

    fn rewind<'a>(
        &'a self,
        node: &'a NodeName,
        to: u64,
    ) -> BoxFuture<'a, Result<Lane, StoreError>> {
        self.inside(|inside| {
            let kept = inside.nodes.entry(node.clone()).or_default();
            kept.delivered = kept.delivered.min(to.max(kept.pruned));
            Ok(kept.lane(node))
        })
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        self.news.notified().boxed()
    }

    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>> {
        let is_wanted = |node: &NodeName, kept: &Kept| {
            after.is_none_or(|after| node > after) && kept.pruned < kept.entries.len() as u64
        };
        self.inside(|inside| Ok(claim(inside, most, is_wanted)))
    }

    fn depth(&self) -> BoxFuture<'_, Result<Depth, StoreError>> {
        self.inside(|inside| {
            let waits = |kept: &Kept| kept.entries.len() as u64 - kept.delivered;
            Ok(Depth {
                waiting: inside.nodes.values().map(waits).sum(),
                ..Depth::default()
            })
        })
    }

    fn undelivered<'a>(
        &'a self,
        _: Option<&'a NodeName>,
        _: u64,
        _: u32,
    ) -> BoxFuture<'a, Result<Vec<Waiting>, StoreError>> {
        unused()
    }

    fn parked(&self, _: u64, _: u32) -> BoxFuture<'_, Result<Vec<Parked>, StoreError>> {
        unused()
    }

    fn retry<'a>(&'a self, _: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>> {
        unused()
    }

    fn discard<'a>(&'a self, _: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>> {
        unused()
    }
}

impl Store for MemoryOutbox {
    fn log(&self) -> &Arc<str> {
        &self.log
    }

    fn renew_log(&self) -> BoxFuture<'_, Result<Arc<str>, StoreError>> {
        unused()
    }

    fn prepare<'a>(
        &'a self,
        _: &'a [&'static Descriptor],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        unused()
    }

    fn write(&self, _: Unit) -> BoxFuture<'_, Result<Option<Vec<Written>>, StoreError>> {
        unused()
    }

    fn join<'a>(
        &'a self,
        _: Joined<'a>,
        _: Unit,
    ) -> BoxFuture<'a, Result<Option<Vec<Written>>, StoreError>> {
        unused()
    }

    fn begin(&self) -> BoxFuture<'_, Result<Transaction, StoreError>> {
        unused()
    }

    fn committed(&self) {
        self.news.notify_one();
    }

    fn row<'a>(
        &'a self,
        _: &'static Descriptor,
        _: &'a ItemId,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        unused()
    }

    fn rows<'a>(
        &'a self,
        _: &'static Descriptor,
        _: &'a Query,
    ) -> BoxFuture<'a, Result<Rows, StoreError>> {
        unused()
    }

    fn history<'a>(
        &'a self,
        node: &'a NodeName,
        after: u64,
        most: u32,
    ) -> BoxFuture<'a, Result<History, StoreError>> {
        self.inside(|inside| {
            let kept = inside.nodes.entry(node.clone()).or_default();
            let is_gone = after < kept.pruned;
            let entries = if is_gone {
                Vec::new()
            } else {
                kept.after(after, most).collect()
            };
            Ok(History {
                entries,
                last: kept.entries.len() as u64,
                is_gone,
            })
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

/// A relay has no use for this.
fn unused<T: Send + 'static>() -> BoxFuture<'static, Result<T, StoreError>> {
    let error = StoreError::new(StoreErrorKind::Database, "the relay asked for it");
    ready(Err(error)).boxed()
}
