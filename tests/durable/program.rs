//! `pubsub serve --data` as a process that can be killed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{ChildProcess, RawClient, eventually, program};

/// A start under load takes a while.
const STARTING: Duration = Duration::from_mins(1);

/// A server with ann, whose password is secret.
pub struct Served {
    pub process: ChildProcess,
    pub address: SocketAddr,
}

impl Served {
    /// Serves what `data` holds; `log` is where it says so.
    pub async fn start(data: &Path, log: &Path) -> Self {
        std::fs::write(log, "").unwrap();
        let mut process = ChildProcess::start(&command(data), log);
        let address = eventually(STARTING, || {
            assert_eq!(process.ended(), None, "{}", process.output());
            let address = process
                .output()
                .lines()
                .find_map(|line| line.strip_prefix("xmpp ")?.split(' ').next()?.parse().ok());
            async move { address }
        })
        .await;
        Self { process, address }
    }

    pub async fn login(&self) -> RawClient {
        RawClient::login(self.address, "ann", "secret")
            .await
            .unwrap()
    }
}

/// The program.
pub fn command(data: &Path) -> Command {
    let mut command = program("pubsub");
    command
        .args([
            "serve",
            "--xmpp",
            "127.0.0.1:0",
            "--user",
            "ann:secret",
            "--data",
        ])
        .arg(data);
    command
}
