//! The benchmarks, by name.

use clap::Args;

use crate::setup;
use crate::step::Step;

/// Name and command of each benchmark.
const BENCHES: &[(&str, &str)] = &[];

/// Which benchmarks to run.
#[derive(Args)]
pub struct Selection {
    /// Names of benchmarks; without one, all of them
    which: Vec<String>,
}

/// Runs the benchmarks that were chosen.
pub fn run(selection: &Selection) -> Result<bool, String> {
    let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = selection
        .which
        .iter()
        .find(|which| !names.contains(&which.as_str()))
    {
        return Err(format!(
            "no benchmark is called {unknown}; there are: {}",
            names.join(", ")
        ));
    }
    setup::everything()?;
    let chosen = BENCHES.iter().filter(|(name, _)| {
        selection.which.is_empty() || selection.which.iter().any(|which| which == name)
    });
    let mut passed = true;
    for (name, command) in chosen {
        passed &= Step::check(name, command).run().passed;
    }
    Ok(passed)
}
