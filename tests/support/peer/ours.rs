//! Our server, within the test or as the program `pubsub serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use pubsub_server::{Components, Config, Http, NodeCreation, RunningServer, Server};

use super::program::{Program, Recipe, Settled};
use super::{COMPONENT, Doors, Listeners, MAKERS, PASSWORD, Peer, Running, STRANGER};

const DOORS: Doors = Doors {
    bosh: "/xmpp-httpbind",
    websocket: "/xmpp-websocket",
};

/// Our server within the test, in memory.
#[derive(Debug)]
pub struct OurServer {
    server: Option<RunningServer>,
}

impl OurServer {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Peer {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = spawn(any, any, any).await;
        let address = server.addr();
        Peer {
            name: "ours",
            listeners: Listeners {
                clients: address,
                clients_over_tls: address,
                components: server.component_addr().expect("an address for components"),
                http: server.http_addr().expect("an address for HTTP"),
            },
            anonymous_domain: "localhost",
            doors: DOORS,
            server: Running::Ours(Self {
                server: Some(server),
            }),
        }
    }

    pub(super) fn kill(&mut self) {
        self.server = None;
    }

    pub(super) async fn restart(&mut self, listeners: &Listeners) {
        self.server = Some(spawn(listeners.clients, listeners.http, listeners.components).await);
    }
}

async fn spawn(listen: SocketAddr, http: SocketAddr, components: SocketAddr) -> RunningServer {
    let config = Config {
        listen,
        accounts: users()
            .map(|user| (user.to_owned(), PASSWORD.to_owned()))
            .collect(),
        anonymous: true,
        node_creation: NodeCreation::Accounts,
        components: Components {
            listen: Some(components),
            secrets: vec![(COMPONENT.to_owned(), PASSWORD.to_owned())],
        },
        http: Http {
            listen: Some(http),
            ..Http::default()
        },
        ..Config::default()
    };
    Server::spawn(config).await.expect("our server starts")
}

fn users() -> impl Iterator<Item = &'static str> {
    MAKERS.into_iter().chain([STRANGER])
}

/// Our server as the program that users install.
#[derive(Debug)]
pub struct OurProgram;

impl OurProgram {
    /// Builds it if need be, starts one, and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Peer {
        let settle = |_| -> Settled { Box::pin(async {}) };
        let prepare = |_: &Path, _: &Listeners, _: &_| {};
        let name = "pubsub";
        Program::start(Recipe {
            name,
            anonymous_domain: "localhost",
            doors: DOORS,
            prepare,
            command,
            settle,
        })
        .await
    }
}

fn command(_: &Path, listeners: &Listeners) -> Command {
    let mut command = crate::program("pubsub");
    command.args([
        "serve",
        "--anonymous",
        "open",
        "--xmpp",
        &listeners.clients.to_string(),
    ]);
    for user in users() {
        command.arg("--user").arg(format!("{user}:{PASSWORD}"));
    }
    command
}
