//! Saving into PostgreSQL, against the transaction that one would write by hand with sqlx: a row and an entry of an outbox.
//!
//! The server is one of the benchmark's own and waits for the disk, as servers do. Ratios are what counts: both sides run on the same
//! server, one after the other, in turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use pubsub_core::payload::{decode, encode};
use pubsub_core::store::{Piece, Settled, Store, Unit, Wanted, open};
use pubsub_core::{DecodeError, ItemId, NodeName, Publish, Stamp};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use support::PostgresServer;

#[derive(Debug, Clone, Publish)]
#[publish(node = "/bench/Tweet")]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
    likes: u32,
    at: std::time::SystemTime,
}

#[derive(Debug, Clone, Publish)]
#[publish(node = "/bench/Mail", channels("inbox-{to}"))]
struct Mail {
    #[publish(id)]
    id: i64,
    to: i64,
    text: String,
}

/// How long one measurement takes.
const TIME: Duration = Duration::from_secs(3);
/// How often both sides take turns.
const TURNS: usize = 3;
/// Entries that relays share, and the nodes that they are for.
const ENTRIES: i64 = 20_000;
const NODES: i64 = 500;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = PostgresServer::start().await;
        println!("saves a second, the median of {TURNS} turns; plain: a row and an entry in one transaction of sqlx");
        println!("{:>6} {:>10} {:>10} {:>7}", "tasks", "plain", "store", "ratio");
        for tasks in [1, 8, 64] {
            let url = server.database().await;
            let pool = plain_tables(&url, tasks).await;
            let store = open(&url.parse().expect("a URL")).await.expect("a store");
            store.prepare(&[Tweet::DESCRIPTOR]).await.expect("a table");
            let (mut plain, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..TURNS {
let (pool, ours_store) = (pool.clone(), store.clone());
let by_hand = move |id| save_by_hand(pool.clone(), id);
let by_us = move |id| save(ours_store.clone(), id);
                plain.push(measure(tasks, by_hand).await);
                ours.push(measure(tasks, by_us).await);
            }
            let (plain, ours) = (median(plain), median(ours));
            println!("{tasks:>6} {plain:>10.0} {ours:>10.0} {:>7.2}", ours / plain);
            store.close().await;
        }
        println!("\nentries a second through claim, read and settle: {ENTRIES} mails in {NODES} inboxes and one node of all");
        println!("{:>6} {:>10}", "relays", "entries");
        for relays in [1, 2] {
            println!("{relays:>6} {:>10.0}", drain(&server, relays).await);
        }
    });
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// How many times a second something is done by so many tasks.
async fn measure<F: Future<Output = ()> + Send + 'static>(
    tasks: usize,
    act: impl Fn(i64) -> F + Clone + Send + Sync + 'static,
) -> f64 {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let start = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let act = act.clone();
            tokio::spawn(async move {
                let mut done = 0_u32;
                while start.elapsed() < TIME {
                    act(NEXT.fetch_add(1, Ordering::Relaxed)).await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in running {
        done += task.await.expect("no panic");
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

fn tweet(id: i64) -> Tweet {
    Tweet {
        id,
        author: format!("author {}", id % 100),
        text: "one hundred and forty characters of nothing in particular, as people write them every day, and a few more".to_owned(),
        likes: 7,
        at: std::time::SystemTime::now(),
    }
}

fn payload<M: Publish>(model: &M) -> Arc<str> {
    let mut payload = String::new();
    encode(model, &Stamp::default(), &mut payload).expect("a payload");
    payload.into()
}

async fn plain_tables(url: &str, tasks: usize) -> PgPool {
    let connections = u32::try_from(tasks.min(32)).expect("few");
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .connect(url)
        .await
        .expect("a server");
    for table in [
        "CREATE TABLE tweet (id BIGINT PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, likes BIGINT NOT NULL, at TEXT NOT NULL)",
        "CREATE TABLE outbox (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, node TEXT NOT NULL, item TEXT NOT NULL, payload TEXT NOT NULL)",
    ] {
        sqlx::query(table).execute(&pool).await.expect("a table");
    }
    pool
}

async fn save_by_hand(pool: PgPool, id: i64) {
    let tweet = tweet(id);
    let payload = payload(&tweet);
    let mut transaction = pool.begin().await.expect("a transaction");
    sqlx::query("INSERT INTO tweet VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET author = excluded.author, text = excluded.text, likes = excluded.likes, at = excluded.at")
        .bind(tweet.id)
        .bind(tweet.author)
        .bind(tweet.text)
        .bind(i64::from(tweet.likes))
        .bind("2024-02-29T12:30:00.000000000Z")
        .execute(&mut *transaction)
        .await
        .expect("a row");
    sqlx::query("INSERT INTO outbox (node, item, payload) VALUES ($1, $2, $3)")
        .bind("/bench/Tweet")
        .bind(id.to_string())
        .bind(&*payload)
        .execute(&mut *transaction)
        .await
        .expect("an entry");
    transaction.commit().await.expect("a commit");
}

fn channels_of<M: Publish>(payload: &str) -> Result<Vec<NodeName>, DecodeError> {
    let (row, _) = decode::<M>(payload)?;
    row.channels()
        .map_err(|error| DecodeError::invalid("entry", error))
}

fn piece<M: Publish>(model: &M) -> Piece {
    let mut nodes = vec![NodeName::new(M::NODE).expect("a name")];
    nodes.extend(model.channels().expect("channels"));
    Piece::Save {
        model: M::DESCRIPTOR,
        item: model
            .item_id()
            .expect("an id")
            .unwrap_or_else(ItemId::unique),
        payload: payload(model),
        nodes,
        channels_of: channels_of::<M>,
    }
}

async fn save(store: Arc<dyn Store>, id: i64) {
    let unit = Unit {
        pieces: vec![piece(&tweet(id))],
        ..Unit::default()
    };
    store
        .write(unit)
        .await
        .expect("written")
        .expect("not refused");
}

/// Entries a second that so many relays take out of one database.
async fn drain(server: &PostgresServer, relays: usize) -> f64 {
    let url = server.database().await.parse().expect("a URL");
    let store = open(&url).await.expect("a store");
    let mails: Vec<i64> = (0..ENTRIES / 2).collect();
    for some in mails.chunks(500) {
        let pieces = some.iter().map(|id| {
            piece(&Mail {
                id: *id,
                to: id % NODES,
                text: "hello".to_owned(),
            })
        });
        let unit = Unit {
            pieces: pieces.collect(),
            ..Unit::default()
        };
        store.write(unit).await.expect("written");
    }
    let mut stores = vec![store];
    while stores.len() < relays {
        stores.push(open(&url).await.expect("a store"));
    }
    let start = Instant::now();
    let running: Vec<_> = stores
        .into_iter()
        .map(|store| tokio::spawn(relay(store)))
        .collect();
    let mut entries = 0;
    for relay in running {
        entries += relay.await.expect("no panic");
    }
    assert_eq!(i64::from(entries), ENTRIES, "everything is delivered once");
    f64::from(entries) / start.elapsed().as_secs_f64()
}

/// Takes what it can get until nothing is left.
async fn relay(store: Arc<dyn Store>) -> u32 {
    let mut told = 0;
    loop {
        let mut lanes = store.claim(64).await.expect("lanes");
        if lanes.is_empty() {
            return told;
        }
        while !lanes.is_empty() {
            let wanted: Vec<_> = lanes
                .iter()
                .map(|lane| Wanted {
                    node: lane.node.clone(),
                    after: lane.delivered,
                    most: 256,
                })
                .collect();
            for entry in store.waiting(&wanted).await.expect("entries") {
                told += 1;
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
