//! Our server beside Debian's ejabberd and Prosody: publishes, deliveries, delays, memory and logins, turn by turn in one run; and how what ours
//! costs grows.
//!
//! Run with `cargo xtask bench server` and `cargo xtask bench growth`, or in part with `cargo bench --workspace --bench server -- WORDS`:
//! `durable`, `transient`, `fanout`, `memory`, `login`; `growth`; with them `ours`, `ejabberd`, `prosody` to leave the others out, and `--brief` for
//! small numbers that only show that it works. `--program PATH` takes another build of `pubsub`.
//!
//! Each server is a process of its own on a port of its own; plain TCP on loopback, payloads of 320 bytes, `notify_retract` off. The load is one
//! thread that writes prepared bytes and looks for marks in what arrives; it checks that every request is answered once, and that every
//! subscriber hears everything, once and in order.

#[path = "server/accounts.rs"]
mod accounts;
#[path = "server/contestant.rs"]
mod contestant;
#[path = "server/entrance.rs"]
mod entrance;
#[path = "server/figures.rs"]
mod figures;
#[path = "server/growth.rs"]
mod growth;
#[path = "server/hall.rs"]
mod hall;
#[path = "server/measure.rs"]
mod measure;
#[path = "server/node.rs"]
mod node;
#[path = "server/peers.rs"]
mod peers;
#[path = "server/plot.rs"]
mod plot;
#[path = "server/scram.rs"]
mod scram;
#[path = "server/stanza.rs"]
mod stanza;

use std::time::Duration;

use contestant::Kind;
use measure::Scale;

/// For ten thousand connections.
const FILES: u32 = 12_000;

/// So many accounts there are at most; who is beyond them logs in without one.
const ACCOUNTS: usize = 1000;

const PARTS: [&str; 5] = ["durable", "transient", "fanout", "memory", "login"];

const WHOLE: Scale = Scale {
    rounds: 3,
    turn: Duration::from_secs(3),
    warming: Duration::from_millis(500),
    crowd: ACCOUNTS,
    // Of ten thousand connections, which is how many the program takes, some are for those who came first.
    idle: [1000, 9_900],
    logins: 400,
};

const BRIEF: Scale = Scale {
    rounds: 1,
    turn: Duration::from_millis(300),
    warming: Duration::from_millis(100),
    crowd: 20,
    idle: [20, 100],
    logins: 20,
};

fn main() {
    bench_support::allow_files(FILES);
    let mut words = Vec::new();
    let mut scale = WHOLE;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--brief" => scale = BRIEF,
            "--program" => {
                let program = arguments.next().expect("--program PATH");
                peers::PROGRAM.get_or_init(|| program.into());
            }
            // What cargo says to every benchmark.
            option if option.starts_with("--") => {}
            _ => words.push(argument),
        }
    }
    let is_said = |word: &str| words.iter().any(|said| said == word);
    if is_said("growth") {
        growth::run(scale);
        return;
    }
    let servers = ["ours", "ejabberd", "prosody"];
    let all = !servers.iter().any(|server| is_said(server));
    let is_chosen = |kind: Kind| {
        all || is_said(match kind {
            Kind::Ejabberd => "ejabberd",
            Kind::Prosody => "prosody",
            _ => "ours",
        })
    };
    let everything = !PARTS.iter().any(|part| is_said(part));
    let mut figures = Vec::new();
    for part in PARTS {
        if !everything && !is_said(part) {
            continue;
        }
        let came = match part {
            "durable" => measure::durable(&is_chosen, scale),
            "transient" => measure::transient(&is_chosen, scale),
            "fanout" => measure::fan_out(&is_chosen, scale),
            "memory" => measure::memory(&is_chosen, scale),
            _ => measure::login(&is_chosen, scale),
        };
        eprintln!("\n{}", figures::table(&came));
        figures.extend(came);
    }
    println!("{}", figures::table(&figures));
}
