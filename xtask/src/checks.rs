//! Runs the chosen checks one after the other and sums up.

use std::time::{Duration, Instant};

use clap::Args;

use crate::plan::{self, Planned};
use crate::step::Report;
use crate::tally::Tally;
use crate::{in_ci, setup};

/// Which checks to run.
#[derive(Args)]
pub struct Selection {
    /// Groups of checks, such as `style` or `unit` or the name of a file of `tests/`; without one, all
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
    if selection.quick && in_ci() {
        return Err("--quick proves too little for CI".to_owned());
    }
    let plan = plan::plan(selection.quick);
    refuse_unknown(&plan, &selection.groups)?;
    let chosen: Vec<&Planned> = plan
        .iter()
        .filter(|planned| selection.wants(&planned.group))
        .collect();
    if !selection.quick
        && chosen
            .iter()
            .any(|planned| plan::needs_peers(&planned.group))
    {
        setup::everything()?;
    }
    let reports: Vec<Report> = chosen.iter().map(|planned| planned.step.run()).collect();
    if selection.quick {
        let names: Vec<&str> = setup::PEERS.iter().map(|peer| peer.name).collect();
        println!(
            "\nleft out by --quick: every test against {}",
            names.join(", ")
        );
    }
    Ok(summary(&reports, start.elapsed()))
}

fn refuse_unknown(plan: &[Planned], wanted: &[String]) -> Result<(), String> {
    let mut groups: Vec<&str> = plan.iter().map(|planned| planned.group.as_str()).collect();
    groups.dedup();
    match wanted
        .iter()
        .find(|wanted| !groups.contains(&wanted.as_str()))
    {
        Some(unknown) => Err(format!(
            "no group is called {unknown}; there are: {}",
            groups.join(", ")
        )),
        None => Ok(()),
    }
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
        let seconds = report.took.as_secs_f64();
        let name = &report.name;
        println!(
            "{name:20} {verdict:6} {seconds:6.1} s  {passed} passed, {failed} failed, {ignored} ignored"
        );
        sum += report.tally;
    }
    println!(
        "all of it took {:.0} s; a check that is no test counts as one\n",
        took.as_secs_f64()
    );
    println!("{} passed, {} failed", sum.passed, sum.failed);
    reports.iter().all(|report| report.passed) && sum.passed > 0
}
