//! How many saves a second get their acknowledgement, against a raw socket and against `tokio_xmpp::Client`.
//!
//! Run with `cargo xtask bench throughput`, or for one of `ours`, `prosody` and `ejabberd` with
//! `cargo bench -p pubsub-benches --bench throughput -- NAME`. Every server runs as a process of its own; all clients send the same
//! stanza but for the numbers in it, log in over plain TCP on loopback, and keep `window` requests unanswered.

mod clients;

use std::time::Duration;

use bench_support::Table;
use support::{Ejabberd, OurProgram, Peer, Prosody};

/// How long each client publishes.
const TURN: Duration = Duration::from_secs(3);
const WINDOWS: [usize; 2] = [64, 1];
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut table = Table::new(["server", "window", "client", "saves/s", "of the raw socket"]);
        // One at a time: the others must not take the processor away.
        let chosen: Vec<String> = std::env::args()
            .skip(1)
            .filter(|word| !word.starts_with('-'))
            .collect();
        for name in ["ours", "prosody", "ejabberd"] {
            if !chosen.is_empty() && !chosen.iter().any(|wanted| wanted == name) {
                continue;
            }
            let peer = match name {
                "ours" => OurProgram::start().await,
                "prosody" => Prosody::start().await,
                _ => Ejabberd::start().await,
            };
            for window in WINDOWS {
                measure(&peer, window, &mut table).await;
            }
        }
        println!("{table}");
    });
}

/// A client that does not come to an end in time has stalled, which counts as nothing.
async fn in_time(rate: impl Future<Output = f64>) -> f64 {
    tokio::time::timeout(4 * TURN, rate).await.unwrap_or(0.0)
}

/// The median of a few turns of every client against one server.
async fn measure(peer: &Peer, window: usize, table: &mut Table) {
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        rates[0].push(in_time(clients::raw(peer, window, TURN)).await);
        rates[1].push(in_time(clients::save(peer, window, TURN)).await);
        rates[2].push(in_time(clients::tokio_xmpp(peer, window, TURN)).await);
        eprintln!("{} {window}: {rates:.0?}", peer.name());
    }
    let medians = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    });
    let names = ["raw socket", "save()", "tokio_xmpp::Client"];
    for (name, rate) in names.into_iter().zip(medians) {
        table.row([
            peer.name().into(),
            window.to_string(),
            name.into(),
            format!("{rate:.0}"),
            format!("{:.2}", rate / medians[0]),
        ]);
    }
}
