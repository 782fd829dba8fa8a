//! `cargo xtask fuzz`: runs the targets of `fuzz/`, one after the other, each for a while, from seeds made of the transcripts.
//!
//! Needs a nightly toolchain, which it does not install, and cargo-fuzz, which it does. Without sanitizers: this project has no `unsafe`, and so
//! several times as much is tried in the same time.

mod seeds;

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;

use crate::step::Step;

/// The longest input, in bytes. The bounds of the targets are smaller than those of the server, so that this meets them.
const LONGEST: usize = 4096;

/// Each target, and of what its seeds are made.
const TARGETS: [(&str, seeds::Maker); 10] = [
    ("xml", seeds::stanzas),
    ("stream", seeds::streams),
    ("websocket", seeds::messages),
    ("bosh", seeds::bodies),
    ("dialogue", seeds::dialogues),
    ("form", seeds::forms),
    ("proxy", seeds::proxies),
    ("record", seeds::records),
    ("loading", seeds::directories),
    ("payload", seeds::payloads),
];

/// What to fuzz, and for how long.
#[derive(Args)]
pub struct Selection {
    /// Names of targets; without one, all of them
    which: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Fuzzes what was chosen; `Ok(false)` when something was found.
pub fn run(selection: &Selection) -> Result<bool, String> {
    let is_known = |which: &String| TARGETS.iter().any(|(name, _)| name == which);
    if let Some(unknown) = selection.which.iter().find(|which| !is_known(which)) {
        let names = TARGETS.map(|(name, _)| name).join(", ");
        return Err(format!("no target is called {unknown}; there are: {names}"));
    }
    let toolchain = nightly()?;
    if !answers("cargo", &["fuzz", "--version"]) {
        println!("==> fuzz: cargo-fuzz is missing, installing it");
        let install = Step::check("cargo-fuzz", "cargo install --locked cargo-fuzz");
        if !install.run().passed {
            return Err("cargo-fuzz could not be installed".to_owned());
        }
    }
    let is_chosen = |name: &str| {
        selection.which.is_empty() || selection.which.iter().any(|which| which == name)
    };
    let transcripts = seeds::transcripts(Path::new("tests/protocol"))?;
    let mut passed = true;
    for (name, make) in TARGETS.iter().filter(|(name, _)| is_chosen(name)) {
        seeds::write(&Path::new("fuzz/corpus").join(name), &make(&transcripts))?;
        let command = format!(
            "cargo +{toolchain} fuzz run -s none {name} -- -max_len={LONGEST} -timeout=20 -max_total_time={}",
            selection.seconds
        );
        passed &= Step::check(name, &command).run().passed;
    }
    if !passed {
        println!(
            "what was found is in fuzz/artifacts; make a test of it in pubsub-server/src/fuzzing/tests.rs or beside its code"
        );
    }
    Ok(passed)
}

/// The name of a nightly toolchain that is installed.
fn nightly() -> Result<String, String> {
    let missing = "no nightly toolchain is installed, and instrumented programs need one: rustup toolchain install nightly --profile minimal";
    let listed = Command::new("rustup")
        .args(["toolchain", "list"])
        .stderr(Stdio::null())
        .output()
        .map_err(|error| {
            format!("cannot run rustup ({error}), which knows the toolchains; {missing}")
        })?;
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|name| name.starts_with("nightly"))
        .map(str::to_owned)
        .ok_or_else(|| missing.to_owned())
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
