//! The servers that the same tests run against, all reached the same way.
//!
//! Each has the accounts `ann`, `bob` (who may create nodes) and `eve` (who may not), the component
//! `ticker.localhost`, a PubSub service at `pubsub.localhost`, BOSH and WebSocket, and listens on the loopback interface alone.

mod cases;
mod ejabberd;
mod ours;
mod program;
mod prosody;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use ejabberd::Ejabberd;
pub use ours::{OurProgram, OurServer};
pub use prosody::Prosody;

use program::Program;

/// The password of every account and the secret of the component.
pub const PASSWORD: &str = "secret";

/// Accounts that may create nodes.
pub const MAKERS: [&str; 2] = ["ann", "bob"];

/// An account that may not.
pub const STRANGER: &str = "eve";

/// The external component that may log in.
pub const COMPONENT: &str = "ticker.localhost";

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Peer {
    name: &'static str,
    listeners: Listeners,
    anonymous_domain: &'static str,
    doors: Doors,
    server: Running,
}

/// The paths that a server has for browsers, each its own.
#[derive(Debug, Clone, Copy)]
struct Doors {
    bosh: &'static str,
    websocket: &'static str,
}

/// Where a server listens; ours has one door for now.
#[derive(Debug, Clone, Copy)]
struct Listeners {
    clients: SocketAddr,
    clients_over_tls: SocketAddr,
    components: SocketAddr,
    http: SocketAddr,
}

/// What runs it.
#[derive(Debug)]
enum Running {
    Program(Program),
    Ours(OurServer),
}

impl Peer {
    /// What the reports call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where clients connect: plain TCP, on which STARTTLS is offered.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listeners.clients
    }

    /// Where external components connect.
    #[must_use]
    pub fn component_address(&self) -> SocketAddr {
        self.listeners.components
    }

    /// Where browsers connect.
    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.listeners.http
    }

    /// Where BOSH is there.
    #[must_use]
    pub fn bosh_path(&self) -> &'static str {
        self.doors.bosh
    }

    /// Where the WebSocket is there.
    #[must_use]
    pub fn websocket_path(&self) -> &'static str {
        self.doors.websocket
    }

    /// The address of the PubSub service.
    #[must_use]
    pub fn pubsub_service(&self) -> &'static str {
        "pubsub.localhost"
    }

    /// The certificate that clients have to trust; `None` for a server without TLS.
    #[must_use]
    pub fn authority(&self) -> Option<PathBuf> {
        match &self.server {
            Running::Program(program) => Some(program.certificates().authority.clone()),
            Running::Ours(_) => None,
        }
    }

    /// For the account `user`, over plain TCP.
    #[must_use]
    pub fn url(&self, user: &str) -> String {
        self.url_at(self.address(), user)
    }

    /// For the account `user`, over plain TCP and through `address`, which may be a proxy's.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr, user: &str) -> String {
        format!(
            "xmpp://{user}:{PASSWORD}@localhost?connect={address}&service=pubsub.localhost&tls=off"
        )
    }

    /// For the account `user`, with STARTTLS and a verified certificate.
    #[must_use]
    pub fn starttls_url(&self, user: &str) -> String {
        let authority = self.authority().unwrap_or_default();
        let address = self.address();
        format!(
            "xmpp://{user}:{PASSWORD}@localhost?connect={address}&service=pubsub.localhost&ca={}",
            authority.display()
        )
    }

    /// For the account `user`, with TLS from the first byte and a verified certificate.
    #[must_use]
    pub fn direct_tls_url(&self, user: &str) -> String {
        let authority = self.authority().unwrap_or_default();
        let address = self.listeners.clients_over_tls;
        format!(
            "xmpps://{user}:{PASSWORD}@localhost?connect={address}&service=pubsub.localhost&ca={}",
            authority.display()
        )
    }

    /// For a login without an account.
    #[must_use]
    pub fn anonymous_url(&self) -> String {
        let (domain, address) = (self.anonymous_domain, self.address());
        format!("xmpp://{domain}?connect={address}&service=pubsub.localhost&tls=off")
    }

    /// For the external component.
    #[must_use]
    pub fn component_url(&self) -> String {
        let address = self.component_address();
        format!("xmpp+component://{COMPONENT}:{PASSWORD}@{address}?service=pubsub.localhost")
    }

    /// Waits until everything that the server has acknowledged is on its disk; with ejabberd that can be two
    /// seconds later.
    pub async fn settle(&self) {
        if let Running::Program(program) = &self.server {
            program.settle().await;
        }
    }

    /// Kills the server at once, as a power cut would; what it keeps on disk stays.
    pub fn kill(&mut self) {
        match &mut self.server {
            Running::Program(program) => program.kill(),
            Running::Ours(server) => server.kill(),
        }
    }

    /// Starts it again after [`kill`](Self::kill), on the same ports and data, and waits until it serves.
    pub async fn restart(&mut self) {
        match &mut self.server {
            Running::Program(program) => program.restart(&self.listeners).await,
            Running::Ours(server) => server.restart(&self.listeners).await,
        }
    }
}
