//! What happens while a server is away and when it is back: memory while a million entries wait, how fast the relay
//! delivers them against the session's own rate, and whether they arrive in order.
//!
//! Run with `cargo xtask bench backlog`, or for another number of entries with `cargo bench -p pubsub-benches --bench backlog -- 100000`.
//! The server is a process of its own, and so is the program that fills and drains the store, so that its memory is its own.

#[path = "backlog/drain.rs"]
mod drain;
#[path = "backlog/listener.rs"]
mod listener;
#[path = "backlog/memory.rs"]
mod memory;
#[path = "backlog/session.rs"]
mod session;

use std::path::Path;

use bench_support::Table;
use pubsub_core::Publish;
use support::OurProgram;

/// How many entries wait, unless the command line says otherwise.
const ENTRIES: u64 = 1_000_000;

/// What is saved. Its entry has about 500 bytes, 320 of them in the text.
#[derive(Debug, Publish)]
#[publish(node = "/bench/Tweet", max_items = 1000)]
struct Tweet {
    #[publish(id)]
    id: u64,
    author: String,
    text: String,
}

impl Tweet {
    fn number(id: u64) -> Self {
        Self {
            id,
            author: "ann".to_owned(),
            text: "saved and heard ".repeat(20),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let entries = arguments
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(ENTRIES);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let directory = tempfile::tempdir_in(target).expect("a writable directory");
    runtime.block_on(measure(&directory.path().join("backlog.db"), entries));
}

async fn measure(file: &Path, entries: u64) {
    let mut memory = Table::new(["entries waiting", "resident MiB"]);
    drain::fill(file, entries, &mut memory).await;
    println!("{memory}");

    let server = OurProgram::start().await;
    let own_rate = session::rate(&server).await;
    let listener = listener::Listener::start(&server).await;
    let (rate, most) = drain::drain(file, &server).await;
    let heard = listener.finish(entries).await;

    let mut table = Table::new(["what", "entries/s", "of the session's own rate"]);
    table.row([
        "session alone".into(),
        format!("{own_rate:.0}"),
        "1.00".into(),
    ]);
    let share = format!("{:.2}", rate / own_rate);
    table.row(["relay from the store".into(), format!("{rate:.0}"), share]);
    println!("{table}");
    println!(
        "resident while draining: at most {most:.0} MiB; heard in order: {heard} of {entries}"
    );
}
