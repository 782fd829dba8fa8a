//! Runs one command: says which, passes its output on while it comes, counts what its test runner
//! reports, and measures the time.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::tally::Tally;

/// One check: a name for the report and the command that performs it.
pub struct Step {
    name: String,
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    counts: bool,
}

/// What became of a step.
pub struct Report {
    pub name: String,
    pub passed: bool,
    pub tally: Tally,
    pub took: Duration,
}

impl Step {
    /// A check that either holds or does not, and counts as one.
    pub fn check(name: &str, command: &str) -> Self {
        let mut words = command.split_whitespace().map(str::to_owned);
        Self {
            name: name.to_owned(),
            program: words.next().unwrap_or_default(),
            arguments: words.collect(),
            environment: Vec::new(),
            counts: false,
        }
    }

    /// A command that runs tests and reports how many.
    pub fn tests(name: &str, command: &str) -> Self {
        Self {
            counts: true,
            ..Self::check(name, command)
        }
    }

    /// Adds an environment variable.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Runs the command to its end.
    pub fn run(&self) -> Report {
        println!(
            "\n==> {}: {} {}",
            self.name,
            self.program,
            self.arguments.join(" ")
        );
        let start = Instant::now();
        let (succeeded, mut tally) = self.perform().unwrap_or_else(|error| {
            println!("cannot run {}: {error}", self.program);
            (false, Tally::default())
        });
        if !self.counts {
            tally = Tally {
                passed: u64::from(succeeded),
                failed: u64::from(!succeeded),
                ignored: 0,
            };
        } else if !succeeded && tally.failed == 0 {
            tally.failed = 1; // it did not compile, or died before it could count
        }
        let took = start.elapsed();
        let ran_nothing = self.counts && tally.passed + tally.failed == 0;
        let passed = succeeded && tally.failed == 0 && !ran_nothing;
        let verdict = if passed { "ok" } else { "FAILED" };
        println!(
            "<== {}: {verdict} in {:.1} s",
            self.name,
            took.as_secs_f64()
        );
        Report {
            name: self.name.clone(),
            passed,
            tally,
            took,
        }
    }

    fn perform(&self) -> std::io::Result<(bool, Tally)> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        // What cargo says of this package would have build scripts that look at it run again.
        for (name, _) in std::env::vars().filter(|(name, _)| is_of_package(name)) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().copied());
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let mut child = command.spawn()?;
        let mut tally = Tally::default();
        if let Some(output) = child.stdout.take() {
            let mut screen = std::io::stdout().lock();
            for line in BufReader::new(output).split(b'\n') {
                let line = line?;
                screen.write_all(&line)?;
                screen.write_all(b"\n")?;
                tally.read(&String::from_utf8_lossy(&line));
            }
        }
        Ok((child.wait()?.success(), tally))
    }
}

fn is_of_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}
