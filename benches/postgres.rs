//! Saving into PostgreSQL against the transaction that one would write by hand, and one relay against two that share 500 nodes.
//!
//! Run with `cargo xtask bench postgres`. The server is the benchmark's own and waits for the disk, as servers do. Both sides save into
//! databases of the same server, one turn each in rotation.

#[path = "postgres/ours.rs"]
mod ours;
#[path = "postgres/plain.rs"]
mod plain;
#[path = "postgres/relays.rs"]
mod relays;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bench_support::Table;
use pubsub_core::Publish;
use support::PostgresServer;
use tokio::task::JoinSet;

/// How long each contestant saves.
const TURN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
const TASKS: [usize; 3] = [1, 8, 64];

/// What is saved. Its entry has about 500 bytes, 320 of them in the text.
#[derive(Debug, Publish)]
#[publish(node = "/bench/Tweet")]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
}

impl Tweet {
    fn number(id: i64) -> Self {
        Self {
            id,
            author: "ann".to_owned(),
            text: "saved and heard ".repeat(20),
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = PostgresServer::start().await;
        println!("{}", saving(&server).await);
        println!("{}", relaying(&server).await);
    });
}

async fn saving(server: &PostgresServer) -> Table {
    let mut table = Table::new(["tasks", "contestant", "saves/s", "ours to it"]);
    for tasks in TASKS {
        let ours = ours::open(&server.database().await).await;
        let plain = plain::open(&server.database().await, tasks).await;
        let names = ["ours", "plain sqlx"];
        let mut rates = [const { Vec::new() }; 2];
        for _ in 0..ROUNDS {
            let (ours, plain) = (ours.clone(), plain.clone());
            let by_us = move |id| ours::save(ours.clone(), id);
            rates[0].push(measure(tasks, by_us).await);
            let by_hand = move |id| plain::save(plain.clone(), id);
            rates[1].push(measure(tasks, by_hand).await);
            eprintln!("{tasks}: {rates:.0?}");
        }
        let medians = rates.map(median);
        for (name, rate) in names.into_iter().zip(medians) {
            table.row([
                tasks.to_string(),
                name.into(),
                format!("{rate:.0}"),
                format!("{:.2}", medians[0] / rate),
            ]);
        }
        ours.shutdown().await.expect("a shutdown");
        plain.close().await;
    }
    table
}

async fn relaying(server: &PostgresServer) -> Table {
    let mut table = Table::new(["relays", "entries/s", "of one", "out of order or twice"]);
    let mut rates = [const { Vec::new() }; 2];
    let mut wrong = [0, 0];
    for _ in 0..ROUNDS {
        for (place, relays) in [1, 2].into_iter().enumerate() {
            let taken = relays::take(&server.database().await, relays).await;
            rates[place].push(taken.rate);
            wrong[place] += taken.wrong;
        }
        eprintln!("relays: {rates:.0?}");
    }
    let medians = rates.map(median);
    for (place, rate) in medians.into_iter().enumerate() {
        table.row([
            (place + 1).to_string(),
            format!("{rate:.0}"),
            format!("{:.2}", rate / medians[0]),
            wrong[place].to_string(),
        ]);
    }
    table
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// How many times a second something is done by so many tasks.
async fn measure<F: Future<Output = ()> + Send + 'static>(
    tasks: usize,
    save: impl Fn(i64) -> F + Clone + Send + 'static,
) -> f64 {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let start = Instant::now();
    let mut savers = JoinSet::new();
    for _ in 0..tasks {
        let save = save.clone();
        savers.spawn(async move {
            let mut saved = 0_u32;
            while start.elapsed() < TURN {
                save(NEXT.fetch_add(1, Ordering::Relaxed)).await;
                saved += 1;
            }
            saved
        });
    }
    let saved: u32 = savers.join_all().await.into_iter().sum();
    f64::from(saved) / start.elapsed().as_secs_f64()
}
