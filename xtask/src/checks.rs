//! The list of checks, in the order in which they tell most for the time they take.
//!
//! Every test target of the workspace belongs to a group here; `tests/architecture.rs` proves that none
//! is forgotten.

use std::time::{Duration, Instant};

use clap::Args;

use crate::step::{Report, Step};
use crate::tally::Tally;
use crate::{in_ci, setup};

/// The features of pubsub-core, each of which must compile alone.
const CORE_FEATURES: [&str; 5] = ["derive", "embedded", "dns", "json", "metrics"];

/// Test targets that need no other program, by group.
const OWN_TESTS: [(&str, &str); 1] = [("architecture", "architecture")];

/// Test targets whose tests talk to other programs, by group.
const PEER_TESTS: [(&str, &str); 0] = [];

/// Which checks to run.
#[derive(Args)]
pub struct Selection {
    /// Groups of checks; without one, all of them (`style`, `features`, `unit`, `docs`, `doctests`, or the
    /// name of a test target)
    groups: Vec<String>,
    /// Leave out other servers and clients, and install nothing
    #[arg(long)]
    quick: bool,
}

impl Selection {
    fn wants(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|wanted| wanted == group)
    }
}

/// Runs the checks that were chosen and reports; `Ok(false)` when one failed.
pub fn run(selection: &Selection) -> Result<bool, String> {
    let start = Instant::now();
    let plan = plan(selection.quick);
    if let Some(unknown) = selection
        .groups
        .iter()
        .find(|wanted| plan.iter().all(|(group, _)| group != wanted))
    {
        let mut groups: Vec<&str> = plan.iter().map(|(group, _)| *group).collect();
        groups.dedup();
        return Err(format!(
            "no group is called {unknown}; there are: {}",
            groups.join(", ")
        ));
    }
    let needs_peers = PEER_TESTS.iter().any(|(group, _)| selection.wants(group));
    if selection.quick && in_ci() {
        return Err("--quick proves too little for CI".to_owned());
    }
    if needs_peers && !selection.quick {
        setup::everything()?;
    }
    let mut reports = Vec::new();
    for (_, step) in plan.iter().filter(|(group, _)| selection.wants(group)) {
        reports.push(step.run());
    }
    if selection.quick {
        let names: Vec<&str> = setup::PEERS.iter().map(|peer| peer.name).collect();
        println!(
            "\nleft out by --quick: every test against {}",
            names.join(", ")
        );
    }
    Ok(summary(&reports, start.elapsed()))
}

/// Every step with the group it belongs to.
fn plan(quick: bool) -> Vec<(&'static str, Step)> {
    let mut plan = vec![
        ("style", Step::check("format", "cargo fmt --all --check")),
        (
            "style",
            Step::check(
                "clippy",
                "cargo clippy --workspace --all-targets --quiet -- -D warnings",
            ),
        ),
        (
            "unit",
            Step::check("build", "cargo test --workspace --no-run --quiet"),
        ),
        (
            "unit",
            Step::tests("unit", "cargo test --workspace --lib --bins"),
        ),
    ];
    for (group, target) in OWN_TESTS {
        plan.push((
            group,
            Step::tests(target, &format!("cargo test --workspace --test {target}")),
        ));
    }
    for (group, target) in PEER_TESTS {
        let only_ours = if quick { " -- ours" } else { "" };
        let command = format!("cargo test --workspace --test {target}{only_ours}");
        plan.push((group, Step::tests(target, &command)));
    }
    plan.push((
        "doctests",
        Step::tests("doctests", "cargo test --workspace --doc"),
    ));
    let docs = Step::check("docs", "cargo doc --workspace --no-deps --quiet");
    plan.push(("docs", docs.with("RUSTDOCFLAGS", "-D warnings")));
    let alone = "cargo check --package pubsub-core --quiet --no-default-features";
    plan.push(("features", Step::check("no features", alone)));
    for feature in CORE_FEATURES {
        let command = format!("{alone} --features {feature}");
        plan.push((
            "features",
            Step::check(&format!("feature {feature} alone"), &command),
        ));
    }
    plan
}

/// Prints one line per step and the sum; true when everything passed.
fn summary(reports: &[Report], took: Duration) -> bool {
    let mut sum = Tally::default();
    println!();
    for report in reports {
        let verdict = if report.passed { "ok" } else { "FAILED" };
        let Tally {
            passed,
            failed,
            ignored,
        } = report.tally;
        println!(
            "{:24} {verdict:6} {:6.1} s  {passed} passed, {failed} failed, {ignored} ignored",
            report.name,
            report.took.as_secs_f64()
        );
        sum += report.tally;
    }
    println!(
        "all of it took {:.0} s; a check without tests counts as one\n",
        took.as_secs_f64()
    );
    println!("{} passed, {} failed", sum.passed, sum.failed);
    reports.iter().all(|report| report.passed) && sum.passed > 0
}
