//! A server on loopback with one account. The only file that knows the server crate.

use pubsub_server::{Config, Limits, RunningServer, Server};

use crate::error::{Error, ErrorKind};

/// The domain of the embedded server.
const DOMAIN: &str = "localhost";
/// The one account that it has.
const ACCOUNT: &str = "app";

/// A server of our own, reachable over loopback by whoever knows its URL.
#[derive(Debug)]
pub(crate) struct Embedded {
    server: RunningServer,
    url: String,
}

impl Embedded {
    /// Starts a server on a free port of the loopback interface, with one account whose password nobody else knows.
    pub(crate) async fn start() -> Result<Self, Error> {
        let password = format!("{:032x}", rand::random::<u128>());
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            domain: DOMAIN.to_owned(),
            accounts: vec![(ACCOUNT.to_owned(), password.clone())],
            limits: Limits::default(),
            ..Config::default()
        };
        let server = Server::spawn(config)
            .await
            .map_err(|error| Error::new(ErrorKind::Embedded, error))?;
        let url = format!(
            "xmpp://{ACCOUNT}:{password}@{DOMAIN}?connect={}&service={}&tls=off",
            server.addr(),
            server.pubsub_domain(),
        );
        Ok(Self { server, url })
    }

    /// The URL with which others of this machine log in.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets connected clients finish, then stops.
    pub(crate) async fn shutdown(self) {
        self.server.shutdown().await;
    }
}
