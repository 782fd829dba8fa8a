//! What all connections of a server share. Holds, does nothing.

use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::watch;

use crate::accounts::{Accounts as _, Layered};
use crate::address;
use crate::admission::Register;
use crate::attempts::Attempts;
use crate::bosh;
use crate::broker::Broker;
use crate::components::Components;
use crate::config::{Encryption, Http, Limits};
use crate::crew::Crew;
use crate::people::People;
use crate::registration::Registrar;
use crate::rooms::Hall;
use crate::router::{Budget, Outbox, Router, Wakes};
use crate::service::vocabulary::Actor;
use crate::statistics::{Carried, Measure};

/// One domain with its PubSub service.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) domain: Arc<str>,
    pub(crate) broker: Broker,
    pub(crate) router: Arc<Router>,
    /// Of all queues together.
    pub(crate) budget: Arc<Budget>,
    /// Bare JIDs of those who may manage accounts.
    pub(crate) admins: HashSet<String>,
    /// Who may speak for other domains.
    pub(crate) components: Components,
    /// The rooms, if there are any.
    pub(crate) rooms: Option<Hall>,
    pub(crate) people: Arc<People>,
    pub(crate) accounts: Layered,
    /// Where what belongs to people is kept over restarts.
    #[cfg(feature = "durable")]
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
    /// What there is beside the accounts, by address and name.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&str, &str)> {
        let rooms = self.rooms.as_ref();
        std::iter::once((self.pubsub(), "PubSub service"))
            .chain(rooms.map(|rooms| (&*rooms.domain, "Rooms")))
            .chain(
                self.components
                    .domains()
                    .map(|domain| (domain, "Component")),
            )
    }

    /// A queue for a client. One that is framed remembers where each stanza begins.
    pub(crate) fn queue(&self, is_framed: bool) -> Outbox {
        Outbox::new(self.limits.queue, self.budget.clone(), is_framed)
    }

    /// Whether somebody may manage accounts.
    pub(crate) fn is_admin(&self, actor: &Actor) -> bool {
        !actor.is_anonymous && self.admins.contains(&*actor.bare)
    }

    /// Whether the address is of a component.
    pub(crate) fn is_of_component(&self, jid: &str) -> bool {
        !self.components.is_empty() && self.components.has(address::domain(jid))
    }

    /// Whether the address is of the rooms.
    pub(crate) fn is_of_rooms(&self, jid: &str) -> bool {
        let rooms = self.rooms.as_ref();
        rooms.is_some_and(|rooms| *rooms.domain == *address::domain(jid))
    }

    /// The address of the PubSub service.
    pub(crate) fn pubsub(&self) -> &str {
        self.broker.address()
    }

    /// Takes along what an account had that is gone: its nodes, its contacts, the messages that waited for it, and what it was in rooms.
    pub(crate) async fn forget(&self, bare: &Arc<str>) {
        self.broker.clear_out(bare);
        if let Some(rooms) = &self.rooms {
            rooms.forget(bare, &mut Wakes::default());
        }
        let receipt = self.people.forget(bare, &mut Wakes::default());
        if let Some(receipt) = receipt
            && receipt.wait().await.is_err()
        {
            tracing::error!(account = %bare, "what an account had that is gone could not be removed");
        }
    }

    /// Whether there is an account of that address, bare or full. One that cannot be looked up counts as missing.
    pub(crate) async fn has_account(&self, jid: &str) -> bool {
        let Some((username, _)) = address::bare(jid).split_once('@') else {
            return false;
        };
        matches!(self.accounts.exists(username).await, Ok(true))
    }
}
