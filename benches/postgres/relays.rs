//! What relays do with a store, without sending anything: they claim lanes, read what waits in them and settle it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pubsub_core::store::{Entry, Settled, Store, Wanted, open};
use pubsub_core::{NodeName, PubSub, Publish};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ours;

/// What waits: each mail for the node of all mails and for an inbox.
const MAILS: usize = 10_000;
const INBOXES: usize = 500;
/// What a relay reads of a lane at once.
const PAGE: u32 = 256;
const LANES: u32 = 64;

#[derive(Debug, Publish)]
#[publish(node = "/bench/Mail", channels("inbox-{to}"))]
struct Mail {
    #[publish(id)]
    id: usize,
    to: usize,
    text: String,
}

/// What came of it.
pub(crate) struct Taken {
    /// Entries a second.
    pub(crate) rate: f64,
    /// Entries that were not the next of their node.
    pub(crate) wrong: usize,
}

/// How far each node is.
type Told = Arc<Mutex<(HashMap<NodeName, u64>, usize)>>;

/// Fills a database, and has so many relays empty it.
pub(crate) async fn take(database: &str, relays: usize) -> Taken {
    let pubsub = ours::open(database).await;
    fill(&pubsub).await;
    pubsub.shutdown().await.expect("a shutdown");

    let url = database.parse().expect("a URL");
    let mut stores = Vec::new();
    for _ in 0..relays {
        stores.push(open(&url).await.expect("a store"));
    }
    let told = Told::default();
    let start = Instant::now();
    let mut running = JoinSet::new();
    for store in &stores {
        running.spawn(relay(store.clone(), told.clone()));
    }
    let entries: u32 = running.join_all().await.into_iter().sum();
    let took = start.elapsed();
    for store in stores {
        store.close().await;
    }
    Taken {
        rate: f64::from(entries) / took.as_secs_f64(),
        wrong: told.lock().expect("no panic").1,
    }
}

async fn fill(pubsub: &PubSub) {
    let mails: Vec<Mail> = (0..MAILS)
        .map(|id| Mail {
            id,
            to: id % INBOXES,
            text: "hello".to_owned(),
        })
        .collect();
    for some in mails.chunks(500) {
        pubsub.save_all(some).await.expect("saves");
    }
}

/// Takes what it can get until nothing is left; how many entries.
async fn relay(store: Arc<dyn Store>, told: Told) -> u32 {
    let mut taken = 0;
    loop {
        let mut lanes = store.claim(LANES).await.expect("lanes");
        if lanes.is_empty() {
            if store.depth().await.expect("a depth").waiting == 0 {
                return taken;
            }
            // The rest is another's.
            sleep(Duration::from_millis(1)).await;
        }
        while !lanes.is_empty() {
            let wanted: Vec<_> = lanes
                .iter()
                .map(|lane| Wanted {
                    node: lane.node.clone(),
                    after: lane.delivered,
                    most: PAGE,
                })
                .collect();
            let entries = store.waiting(&wanted).await.expect("entries");
            note(&entries, &told);
            for entry in entries {
                taken += 1;
                let lane = lanes.iter_mut().find(|lane| lane.node == entry.node);
                lane.expect("a lane of ours").delivered = entry.sequence;
            }
            let settled = lanes.iter().map(|lane| Settled {
                node: lane.node.clone(),
                delivered: lane.delivered,
                parked: Vec::new(),
                release: lane.delivered >= lane.last,
            });
            store.settle(settled.collect()).await.expect("settled");
            lanes.retain(|lane| lane.delivered < lane.last);
        }
    }
}

fn note(entries: &[Entry], told: &Told) {
    let (nodes, wrong) = &mut *told.lock().expect("no panic");
    for entry in entries {
        let last = nodes.entry(entry.node.clone()).or_default();
        *wrong += usize::from(entry.sequence != *last + 1);
        *last = entry.sequence;
    }
}
