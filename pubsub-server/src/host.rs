//! What all connections of a server share. Holds, does nothing.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::watch;

use crate::accounts::Layered;
use crate::admission::Register;
use crate::attempts::Attempts;
use crate::bosh;
use crate::broker::Broker;
use crate::config::{Encryption, Http, Limits};
use crate::crew::Crew;
use crate::registration::Registrar;
use crate::router::Router;
use crate::statistics::{Carried, Measure};

/// One domain with its PubSub service.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) domain: Arc<str>,
    pub(crate) broker: Broker,
    pub(crate) router: Arc<Router>,
    pub(crate) accounts: Layered,
    /// Where what belongs to people is kept over restarts.
    #[cfg(feature = "durable")]
    #[expect(
        dead_code,
        reason = "what is kept of people but accounts is still to come"
    )]
    pub(crate) database: Option<crate::Database>,
    pub(crate) registrar: Registrar,
    pub(crate) allows_anonymous: bool,
    pub(crate) scram_iterations: NonZeroU32,
    /// Makes the salts of users that do not exist.
    pub(crate) decoy_secret: [u8; 32],
    pub(crate) encryption: Option<Encryption>,
    pub(crate) proxies: Vec<IpAddr>,
    pub(crate) measure: Measure,
    pub(crate) limits: Limits,
    /// Who has failed to log in.
    pub(crate) attempts: Attempts,
    /// Clients that have not logged in yet.
    pub(crate) entering: Register,
    /// How many sessions wait to be resumed.
    pub(crate) lingering: AtomicUsize,
    /// Clients, however they are connected.
    pub(crate) clients: Register,
    pub(crate) carried: Carried,
    /// Connections of the HTTP listener.
    pub(crate) http_connections: Register,
    pub(crate) http: Http,
    pub(crate) bosh: Arc<bosh::Table>,
    pub(crate) crew: Crew,
    /// True once the server goes down.
    pub(crate) shutdown: watch::Sender<bool>,
}

impl Host {
    /// The address of the PubSub service.
    pub(crate) fn pubsub(&self) -> &str {
        self.broker.address()
    }
}
