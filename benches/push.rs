//! The gateway beside nginx with Nchan: deliveries and publishing a second, processor time, delays and memory, turn by turn in one run.
//!
//! Run with `cargo xtask bench push`, or in part with `cargo bench --workspace --bench push -- WORDS`: `deliveries`, `xmpp`, `publish`, `delay`,
//! `memory`; with them `ws`, `ev` or `sub` and numbers of subscribers. `--gateway PATH`, which may be given several times, takes other builds
//! of `pubsub` beside each other.
//!
//! Both are published to over HTTP on kept connections, with the same number of messages under way. Every subscriber checks that it hears
//! everything, once and in order.

#[path = "push/contestant.rs"]
mod contestant;
#[path = "push/hearer.rs"]
mod hearer;
#[path = "push/load.rs"]
mod load;
#[path = "push/measure.rs"]
mod measure;
#[path = "push/message.rs"]
mod message;
#[path = "push/program.rs"]
mod program;
#[path = "push/road.rs"]
mod road;
#[path = "push/sender.rs"]
mod sender;
#[path = "push/way.rs"]
mod way;

use std::path::PathBuf;

use contestant::Contestant;
use way::Way;

/// For ten thousand idle connections.
const FILES: u32 = 12_000;
const PARTS: [&str; 5] = ["deliveries", "xmpp", "publish", "delay", "memory"];
const SUBSCRIBERS: [usize; 4] = [10, 100, 1000, 5000];

/// What was asked for.
struct Plan {
    words: Vec<String>,
    gateways: Vec<PathBuf>,
}

impl Plan {
    fn read() -> Self {
        let mut plan = Self {
            words: Vec::new(),
            gateways: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--gateway" => plan
                    .gateways
                    .push(arguments.next().expect("--gateway PATH").into()),
                // What cargo says to every benchmark.
                option if option.starts_with("--") => {}
                _ => plan.words.push(argument),
            }
        }
        if plan.gateways.is_empty() {
            let program = support::program("pubsub");
            plan.gateways.push(program.get_program().into());
        }
        plan
    }

    /// Those of them that were named; all of them if none was.
    fn chosen<T: Copy + ToString>(&self, all: &[T]) -> Vec<T> {
        let is_named = |one: &&T| self.words.iter().any(|word| *word == one.to_string());
        let named: Vec<T> = all.iter().filter(is_named).copied().collect();
        if named.is_empty() {
            all.to_vec()
        } else {
            named
        }
    }

    fn start(&self) -> Vec<Contestant> {
        let mut all = self.gateways();
        all.push(Contestant::nchan());
        all
    }

    fn gateways(&self) -> Vec<Contestant> {
        self.gateways
            .iter()
            .enumerate()
            .map(|(index, program)| {
                let number = if index == 0 {
                    String::new()
                } else {
                    format!(" {}", index + 1)
                };
                Contestant::gateway(&format!("gateway{number}"), program)
            })
            .collect()
    }
}

fn main() {
    bench_support::allow_files(FILES);
    let plan = Plan::read();
    let ways = plan.chosen(&Way::ALL);
    for part in plan.chosen(&PARTS) {
        let table = match part {
            "deliveries" => measure::deliveries(&plan.start(), &ways, &plan.chosen(&SUBSCRIBERS)),
            "xmpp" => {
                let gateways = plan.gateways();
                measure::from_xmpp(&gateways, &ways, &plan.chosen(&SUBSCRIBERS))
            }
            "publish" => measure::publishing(&plan.start()),
            "delay" => measure::delays(&plan.start(), &ways),
            _ => measure::memory(|| plan.start(), &ways),
        };
        println!("{part}\n\n{table}");
    }
}
