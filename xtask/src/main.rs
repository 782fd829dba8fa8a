//! `cargo xtask`: the project's checks and benchmarks, each behind one command.
//!
//! Knows the command line only. What is installed is in `setup`, what is fuzzed in `fuzz`, what is checked and in which order in
//! `plan`, how checks are chosen and reported in `checks`, how one command is run and timed in `step`,
//! what the test runners counted in `tally`.

mod bench;
mod checks;
mod fuzz;
mod plan;
mod setup;
mod step;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Checks and benchmarks of this workspace"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need and is missing, then run every check
    Test(checks::Selection),
    /// Install what the tests need and is missing, and stop there
    Setup,
    /// Run the benchmarks; without a name, all of them
    Bench(bench::Selection),
    /// Try inputs that nobody thought of, on every door; needs a nightly toolchain
    Fuzz(fuzz::Selection),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = std::env::set_current_dir(workspace())
        .map_err(|error| format!("cannot enter {}: {error}", workspace().display()))
        .and_then(|()| match arguments.task {
            Task::Test(selection) => checks::run(&selection),
            Task::Setup => setup::everything().map(|_| true),
            Task::Bench(selection) => bench::run(&selection),
            Task::Fuzz(selection) => fuzz::run(&selection),
        });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace, wherever the command was typed.
fn workspace() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// Whether this run may leave nothing out.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}
