//! Who is compared: a server as a process of its own, with a configuration of its own in a directory of its own, on a port of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bench_support::{Meter, Usage};
use support::{ChildProcess, free_addresses};
use tempfile::TempDir;

use super::accounts::PUBLISHER;
use super::entrance::Client;
use super::peers;
use super::scram::Ring;

const STARTING: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// Which server, and how it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours, in memory.
    Ours,
    /// Ours, which keeps everything in a directory; so many seconds of it may be lost when the machine fails.
    Durable(u64),
    Ejabberd,
    Prosody,
}

impl Kind {
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::Durable(_))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Durable(0) => "ours, --sync 0",
            Self::Durable(_) => "ours, --sync 1",
            Self::Ejabberd => "ejabberd",
            Self::Prosody => "Prosody",
        }
    }
}

/// A server that is measured; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    accounts: usize,
    // The process ends before its directory is removed: fields are dropped in this order.
    process: ChildProcess,
    meter: Meter,
    directory: TempDir,
}

impl Contestant {
    /// Starts it with so many accounts of subscribers, and waits until the last one that it makes can log in.
    pub(crate) fn start(kind: Kind, accounts: usize) -> Self {
        let [address] = free_addresses();
        let directory = TempDir::with_prefix("server").expect("a temporary directory");
        let process = launch(kind, directory.path(), address, accounts);
        let mut contestant = Self {
            kind,
            address,
            accounts,
            meter: meter(&process),
            process,
            directory,
        };
        contestant.await_start();
        contestant
    }

    /// Ends it and starts it again on what it has kept, and waits until somebody can log in.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        let directory = self.directory.path();
        self.process = launch(self.kind, directory, self.address, self.accounts);
        self.meter = meter(&self.process);
        self.await_start();
    }

    fn await_start(&mut self) {
        let deadline = Instant::now() + STARTING;
        let mut ring = Ring::default();
        loop {
            let refused = if peers::is_ready(self.kind, self.directory.path()) {
                let login = Client::login(self.address, Some(PUBLISHER), &mut ring);
                let Err(refused) = login else {
                    return;
                };
                refused
            } else {
                "it has not made the accounts".to_owned()
            };
            assert!(
                self.process.ended().is_none() && Instant::now() < deadline,
                "{} did not start: {refused}\n{}\n(`cargo xtask setup` installs what is missing)",
                self.kind.name(),
                self.process.output()
            );
            sleep(PAUSE);
        }
    }

    /// What its process has used so far.
    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage().expect("a process that runs")
    }

    /// Waits until it has nothing to do.
    pub(crate) fn settle(&self) {
        let deadline = Instant::now() + STARTING;
        let mut before = self.usage().cpu;
        loop {
            sleep(4 * PAUSE);
            let now = self.usage().cpu;
            if now.saturating_sub(before) < Duration::from_millis(4) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not rest",
                self.kind.name()
            );
            before = now;
        }
    }
}

fn meter(process: &ChildProcess) -> Meter {
    Meter::new(&process.id().to_string())
}

fn launch(kind: Kind, directory: &Path, address: SocketAddr, accounts: usize) -> ChildProcess {
    let command: Command = match kind {
        Kind::Ours => peers::ours(directory, address, None, accounts),
        Kind::Durable(sync) => peers::ours(directory, address, Some(sync), accounts),
        Kind::Ejabberd => peers::ejabberd(directory, address, accounts),
        Kind::Prosody => peers::prosody(directory, address, accounts),
    };
    ChildProcess::start(&command, &directory.join("output.log"))
}
