//! How many durable saves a second, against plain sqlx writing the same two rows with the same pragmas.
//!
//! Run with `cargo xtask bench durable`. The server is away, so that nothing but saving is measured; every contestant writes
//! a file of its own in the same directory, one turn each in rotation.

#[path = "durable/ours.rs"]
mod ours;
#[path = "durable/plain.rs"]
mod plain;

use std::path::Path;
use std::time::Duration;

use bench_support::Table;
use pubsub_core::Publish;

/// How long each contestant saves.
const TURN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
const TASKS: [usize; 2] = [1, 64];

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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // Not /tmp, which may be memory: a commit has to reach a disk.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let directory = tempfile::tempdir_in(target).expect("a writable directory");
    runtime.block_on(measure(directory.path()));
}

async fn measure(directory: &Path) {
    let mut table = Table::new(["tasks", "contestant", "saves/s", "ours to it"]);
    for tasks in TASKS {
        let names = ["ours", "plain sqlx", "plain sqlx, shared commits"];
        let mut rates = [const { Vec::new() }; 3];
        for round in 0..ROUNDS {
            let file = |name: &str| directory.join(format!("{name}-{tasks}-{round}.db"));
            rates[0].push(ours::save(&file("ours"), tasks, TURN).await);
            rates[1].push(plain::one_by_one(&file("plain"), tasks, TURN).await);
            rates[2].push(plain::together(&file("together"), tasks, TURN).await);
            eprintln!("{tasks}: {rates:.0?}");
        }
        let medians = rates.map(|mut rates| {
            rates.sort_by(f64::total_cmp);
            rates[rates.len() / 2]
        });
        for (name, rate) in names.into_iter().zip(medians) {
            table.row([
                tasks.to_string(),
                name.into(),
                format!("{rate:.0}"),
                format!("{:.2}", medians[0] / rate),
            ]);
        }
    }
    println!("{table}");
}
