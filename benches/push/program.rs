//! `pubsub serve --http` as a process of its own, and waiting for what a process does in its own time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::ChildProcess;
use tempfile::TempDir;

pub(crate) const STARTING: Duration = Duration::from_secs(30);
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// An account for what is published over XMPP.
pub(crate) const ACCOUNT: &str = "ann:secret";

/// Where a server listens.
pub(crate) struct Doors {
    pub(crate) xmpp: SocketAddr,
    pub(crate) http: SocketAddr,
}

/// Starts a server; it ends when the process is dropped, and its directory after it.
pub(crate) fn serve(program: &Path) -> (Doors, ChildProcess, TempDir) {
    let directory = TempDir::with_prefix("gateway").expect("a temporary directory");
    let mut command = Command::new(program);
    command.args(["serve", "--xmpp", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    command.args(["--user", ACCOUNT]);
    let mut process = ChildProcess::start(&command, &directory.path().join("output.log"));
    let doors = until(&mut process, |process| {
        let output = process.output();
        let address = |word: &str| {
            let rest = output.lines().find_map(|line| line.strip_prefix(word))?;
            rest.split(' ').next()?.parse().ok()
        };
        Some(Doors {
            xmpp: address("xmpp ")?,
            http: address("http ")?,
        })
    });
    (doors, process, directory)
}

/// Waits for something that a process does in its own time.
pub(crate) fn until<T>(
    process: &mut ChildProcess,
    mut attempt: impl FnMut(&mut ChildProcess) -> Option<T>,
) -> T {
    let deadline = Instant::now() + STARTING;
    loop {
        if let Some(found) = attempt(process) {
            return found;
        }
        let is_over = process.ended().is_some() || Instant::now() > deadline;
        assert!(
            !is_over,
            "a server did not start:\n{}\n(`cargo xtask setup` installs what is missing)",
            process.output()
        );
        sleep(PAUSE);
    }
}
