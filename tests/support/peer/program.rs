//! A server that is a program of its own: its directory, its process, and how one sees that it serves.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::{Doors, Listeners, MAKERS, PASSWORD, Peer, Running};
use crate::free_port::free_addresses;
use crate::{Certificates, ChildProcess, RawClient, eventually};

/// A start under load takes a while; a server that is not there after this is broken.
const STARTING: Duration = Duration::from_mins(1);

/// The port may be taken between being found free and being opened; so often we try.
const ATTEMPTS: usize = 3;

/// How one kind of server is installed.
pub(super) struct Recipe {
    pub name: &'static str,
    /// Where one may log in without an account.
    pub anonymous_domain: &'static str,
    /// Where browsers connect.
    pub doors: Doors,
    /// Writes configuration and accounts into the directory.
    pub prepare: fn(&Path, &Listeners, &Certificates),
    /// The command that runs it in the foreground, from that directory.
    pub command: fn(&Path, &Listeners) -> Command,
    /// Waits until everything it has acknowledged is on the disk.
    pub settle: fn(PathBuf) -> Settled,
}

/// What a [`Recipe`] waits for.
pub(super) type Settled = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server's process and the directory that it lives in.
#[derive(Debug)]
pub(super) struct Program {
    // The process ends before its directory is removed: fields are dropped in this order.
    process: ChildProcess,
    directory: TempDir,
    certificates: Certificates,
    command: fn(&Path, &Listeners) -> Command,
    settle: fn(PathBuf) -> Settled,
}

impl Program {
    /// Prepares and starts a server, and waits until somebody can log in.
    pub(super) async fn start(recipe: Recipe) -> Peer {
        for _ in 1..ATTEMPTS {
            if let Ok(peer) = Self::attempt(&recipe).await {
                return peer;
            }
        }
        Self::attempt(&recipe)
            .await
            .unwrap_or_else(|output| panic!("{} did not start:\n{output}", recipe.name))
    }

    async fn attempt(recipe: &Recipe) -> Result<Peer, String> {
        let directory = TempDir::with_prefix(recipe.name).expect("a temporary directory");
        let certificates = Certificates::create(directory.path());
        let [clients, clients_over_tls, components, http] = free_addresses();
        let listeners = Listeners {
            clients,
            clients_over_tls,
            components,
            http,
        };
        (recipe.prepare)(directory.path(), &listeners, &certificates);
        let process = spawn(recipe.command, directory.path(), &listeners);
        let mut server = Self {
            process,
            directory,
            certificates,
            command: recipe.command,
            settle: recipe.settle,
        };
        server.ready(clients).await?;
        Ok(Peer {
            name: recipe.name,
            listeners,
            anonymous_domain: recipe.anonymous_domain,
            doors: recipe.doors,
            server: Running::Program(server),
        })
    }

    pub(super) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    pub(super) async fn settle(&self) {
        (self.settle)(self.directory.path().to_owned()).await;
    }

    pub(super) async fn restart(&mut self, listeners: &Listeners) {
        self.process = spawn(self.command, self.directory.path(), listeners);
        self.ready(listeners.clients)
            .await
            .unwrap_or_else(|output| panic!("it did not start again:\n{output}"));
    }

    /// Waits until the last account can log in; the output when the process ended instead.
    async fn ready(&mut self, clients: SocketAddr) -> Result<(), String> {
        let [_, user] = MAKERS;
        eventually(STARTING, || {
            let ended = self.process.ended().is_some();
            let output = ended.then(|| self.process.output());
            async move {
                match (output, RawClient::login(clients, user, PASSWORD).await) {
                    (Some(output), _) => Some(Err(output)),
                    (None, Ok(_)) => Some(Ok(())),
                    (None, Err(_)) => None,
                }
            }
        })
        .await
    }
}

fn spawn(
    command: fn(&Path, &Listeners) -> Command,
    directory: &Path,
    listeners: &Listeners,
) -> ChildProcess {
    ChildProcess::start(
        &command(directory, listeners),
        &directory.join("output.log"),
    )
}
