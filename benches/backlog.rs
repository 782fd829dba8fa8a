//! What happens while a server is away and when it is back: memory while a million entries wait, how fast the relay
//! delivers them against the session's own rate, and whether somebody else hears all of them in order.
//!
//! Run with `cargo xtask bench backlog`, or for another number of entries with
//! `cargo bench --workspace --bench backlog -- 100000`. Three processes: the server, one that listens, and this one, which saves
//! and delivers and so measures its own memory.

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
use pubsub_core::{NodeName, Publish};
use support::OurProgram;

use self::drain::{Drained, drain, fill};
use self::listener::Listener;

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let [role, url, node] = &arguments[..]
        && role == listener::ROLE
    {
        return runtime.block_on(listener::listen(url, node));
    }
    let entries = arguments.iter().find_map(|argument| argument.parse().ok());
    // Not /tmp, which may be memory.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let directory = tempfile::tempdir_in(target).expect("a writable directory");
    let file = directory.path().join("backlog.db");
    runtime.block_on(measure(&file, entries.unwrap_or(ENTRIES)));
}

async fn measure(file: &Path, entries: u64) {
    println!("{}", fill(file, entries).await);

    let server = OurProgram::start().await;
    // The machine drifts: the session has its turns right before the relay and right after it, with as many listening.
    let mut own = vec![session::rate(&server, 1).await];
    let node = NodeName::new(Tweet::NODE).expect("a name");
    drop(session::create(&server, &node).await);
    let listener = Listener::start(&server, &node).await;
    let Drained {
        rate,
        memory,
        left,
        heard,
    } = drain(file, &server, listener).await;
    own.push(session::rate(&server, 2).await);

    let mean = own.iter().sum::<f64>() / 2.0;
    let mut table = Table::new(["what", "entries/s", "of the session's own"]);
    let mut row = |what: &str, rate: f64| {
        table.row([
            what.to_owned(),
            format!("{rate:.0}"),
            format!("{:.2}", rate / mean),
        ]);
    };
    row("session, before", own[0]);
    row("session, after", own[1]);
    row("relay from the store", rate);
    println!("{table}");
    println!("heard in order: {heard} of {entries}; left in the outbox: {left}");
    println!("resident while delivering: at most {memory:.0} MiB");
}
