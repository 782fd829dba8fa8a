//! The list of checks, in the order in which they tell most for the time they take.
//!
//! Test targets are found by their files, so that none is forgotten; `tests/architecture.rs` proves the same of
//! features.

use std::path::Path;

use crate::step::Step;

/// Test targets of `tests/` that talk to other programs, with what the test runner is told to run
/// the part of them that does not, if any.
const PEER_TESTS: &[(&str, Option<&str>)] = &[
    ("harness", Some("proxy our_server")),
    ("interop", Some("::ours::")),
    ("journey", Some("--skip ::prosody:: --skip ::ejabberd::")),
    (
        "push_stream",
        Some("--skip ::prosody:: --skip ::ejabberd::"),
    ),
    ("slixmpp", None),
    ("javascript", None),
    ("doors", Some("--skip slixmpp")),
    ("browser", None),
    (
        "http",
        Some("--skip ::prosody:: --skip ::ejabberd:: --skip nginx"),
    ),
    ("postgres", None),
    ("outbox_model", Some("--skip postgresql")),
    ("changing", Some("sqlite::")),
    ("crash", Some("our_server")),
    ("faults", Some("--skip clock")),
    ("orm", Some("--skip ::postgres:: --skip postgresql")),
    ("list_api", Some("--skip postgresql")),
    ("schema", Some("json_schema program")),
];

/// The checks of `web/`, each an npm script of its own: what is installed is what `package-lock.json` says, and what is checked in is what
/// the sources build.
const WEB: &str = "web";
const WEB_CHECKS: [(&str, &str); 5] = [
    ("web install", "npm --prefix web ci --no-audit --no-fund"),
    ("web types", "npm --prefix web run --silent types"),
    ("web lint", "npm --prefix web run --silent lint"),
    ("web built", "npm --prefix web run --silent check"),
    ("web packed", "npm --prefix web run --silent packed"),
];

/// The crates whose own `tests/` directories belong to the group `unit`.
const LIBRARIES: [&str; 6] = [
    "pubsub-xml",
    "pubsub-derive",
    "pubsub-core",
    "pubsub-server",
    "pubsub-gateway",
    "pubsub-cli",
];

/// The features of pubsub-core, each of which must compile alone, without a warning.
const CORE_FEATURES: [&str; 8] = [
    "derive", "embedded", "sqlite", "postgres", "sea-orm", "dns", "json", "metrics",
];

/// A step with the group by whose name it is chosen.
pub struct Planned {
    pub group: String,
    pub step: Step,
}

/// Whether the checks of `group` talk to other programs.
pub fn needs_peers(group: &str) -> bool {
    group == WEB || PEER_TESTS.iter().any(|(target, _)| *target == group)
}

/// Every step; without what needs other programs, if that is left out.
pub fn plan(without_peers: bool) -> Vec<Planned> {
    let mut plan = Vec::new();
    let mut add = |group: &str, step| {
        plan.push(Planned {
            group: group.to_owned(),
            step,
        });
    };
    add("style", Step::check("format", "cargo fmt --all --check"));
    let clippy = "cargo clippy --workspace --all-targets --quiet -- -D warnings";
    add("style", Step::check("clippy", clippy));
    if !without_peers {
        for (name, command) in WEB_CHECKS {
            add(WEB, Step::check(name, command));
        }
        add(
            WEB,
            Step::tests("web tests", "npm --prefix web run --silent test"),
        );
    }
    // Always the whole workspace, so that every step sees the same features and nothing is built twice.
    add(
        "build",
        Step::check("build", "cargo test --workspace --no-run --quiet"),
    );
    let mut unit = "cargo test --workspace --lib --bins".to_owned();
    for target in LIBRARIES
        .iter()
        .flat_map(|library| targets(&Path::new(library).join("tests")))
    {
        unit.push_str(" --test ");
        unit.push_str(&target);
    }
    add("unit", Step::tests("unit", &unit));
    for target in targets(Path::new("tests"))
        .iter()
        .filter(|target| !needs_peers(target))
    {
        add(
            target,
            Step::tests(target, &format!("cargo test --workspace --test {target}")),
        );
    }
    for &(target, alone) in PEER_TESTS {
        let command = format!("cargo test --workspace --test {target}");
        match alone {
            _ if !without_peers => add(target, Step::tests(target, &command)),
            Some(filter) => add(
                target,
                Step::tests(target, &format!("{command} -- {filter}")),
            ),
            None => {}
        }
    }
    add(
        "doctests",
        Step::tests("doctests", "cargo test --workspace --doc"),
    );
    let docs = Step::check("docs", "cargo doc --workspace --no-deps --quiet");
    add("docs", docs.with("RUSTDOCFLAGS", "-D warnings"));
    let alone = "cargo clippy --package pubsub-core --quiet --no-default-features";
    let strictly = "-- -D warnings";
    add(
        "features",
        Step::check("no feature", &format!("{alone} {strictly}")),
    );
    for feature in CORE_FEATURES {
        let command = format!("{alone} --features {feature} {strictly}");
        add(
            "features",
            Step::check(&format!("only {feature}"), &command),
        );
    }
    plan
}

/// The test targets in a directory, each in a file of its own; none if there is no such directory.
fn targets(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sources = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let names = sources.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
