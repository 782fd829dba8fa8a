//! The benchmarks, by name; each prints the table that the documentation shows.

use clap::Args;

use crate::setup;
use crate::step::Step;

/// A benchmark is a `[[bench]]` of `benches/`, or a part of one.
struct Bench {
    name: &'static str,
    /// The program, and what it is told.
    command: &'static str,
    needs_peers: bool,
}

const BENCHES: [Bench; 10] = [
    Bench {
        name: "payload",
        command: "payload",
        needs_peers: false,
    },
    Bench {
        name: "compile",
        command: "compile",
        needs_peers: false,
    },
    Bench {
        name: "postgres",
        command: "postgres",
        needs_peers: true,
    },
    Bench {
        name: "durable",
        command: "durable",
        needs_peers: false,
    },
    Bench {
        name: "backlog",
        command: "backlog",
        needs_peers: false,
    },
    Bench {
        name: "throughput",
        command: "throughput",
        needs_peers: true,
    },
    Bench {
        name: "push",
        command: "push",
        needs_peers: true,
    },
    Bench {
        name: "browser",
        command: "browser",
        needs_peers: true,
    },
    Bench {
        name: "server",
        command: "server",
        needs_peers: true,
    },
    Bench {
        name: "growth",
        command: "server -- growth",
        needs_peers: false,
    },
];

/// Which benchmarks to run.
#[derive(Args)]
pub struct Selection {
    /// Names of benchmarks; without one, all of them
    which: Vec<String>,
}

/// Runs the benchmarks that were chosen; `Ok(false)` when one failed.
pub fn run(selection: &Selection) -> Result<bool, String> {
    let is_known = |which: &String| BENCHES.iter().any(|bench| bench.name == *which);
    if let Some(unknown) = selection.which.iter().find(|which| !is_known(which)) {
        let names = BENCHES.map(|bench| bench.name).join(", ");
        return Err(format!(
            "no benchmark is called {unknown}; there are: {names}"
        ));
    }
    let is_chosen = |name: &str| {
        selection.which.is_empty() || selection.which.iter().any(|which| which == name)
    };
    let chosen: Vec<&Bench> = BENCHES
        .iter()
        .filter(|bench| is_chosen(bench.name))
        .collect();
    if chosen.iter().any(|bench| bench.needs_peers) {
        setup::everything()?;
    }
    let mut passed = true;
    for Bench { name, command, .. } in chosen {
        // Of the whole workspace, like the servers that some of them start, so that no dependency is built twice.
        let command = format!("cargo bench --workspace --bench {command}");
        passed &= Step::check(name, &command).run().passed;
    }
    Ok(passed)
}
