//! Who comes in to our server, how, and how much of it he may use: accounts, encryption, ways to log in, bounds.

#[path = "doors/accounts.rs"]
mod accounts;
#[path = "doors/bind2.rs"]
mod bind2;
#[path = "doors/drain.rs"]
mod drain;
#[path = "doors/file.rs"]
mod file;
#[path = "doors/https.rs"]
mod https;
#[path = "doors/limits.rs"]
mod limits;
#[path = "doors/sasl2.rs"]
mod sasl2;
#[path = "doors/tls.rs"]
mod tls;
#[path = "doors/watched.rs"]
mod watched;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{ChildProcess, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a program that serves; it ends when the first value is dropped.
async fn serving(command: &Command, log: &Path) -> (ChildProcess, SocketAddr) {
    let mut process = ChildProcess::start(command, log);
    let address = eventually(Duration::from_mins(1), || {
        assert_eq!(process.ended(), None, "{}", process.output());
        let output = process.output();
        let address = output
            .lines()
            .find_map(|line| line.strip_prefix("xmpp ")?.split(' ').next()?.parse().ok());
        async move { address }
    })
    .await;
    (process, address)
}
