//! How a server is set up: a plain struct whose default is a server in memory on loopback. Reads no files and no environment.

mod components;
mod http;
mod rooms;
mod tls;

pub use self::components::Components;
pub use self::http::{Bosh, Http, Origins};
pub use self::rooms::{RoomCreation, Rooms};
pub use self::tls::{Demand, Encryption};

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::service::options::NodeConfig;
use crate::storage::{Storage, Volatile};

/// Who may make an account in the band (XEP-0077).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// Nobody.
    #[default]
    Closed,
    /// Everybody, but only so many in an hour.
    Open {
        /// How many from one address.
        per_address_and_hour: usize,
        /// How many altogether.
        per_hour: usize,
    },
}

/// Who may create nodes, by asking or by publishing to a node that is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeCreation {
    /// Those who logged in with an account.
    #[default]
    Accounts,
    /// Anonymous users too.
    Everyone,
}

/// The set-up of a [`Server`](crate::Server).
#[derive(Clone)]
pub struct Config {
    /// Where to listen for XMPP clients. Port 0 takes a free one. Default: `127.0.0.1:5222`.
    pub listen: SocketAddr,
    /// How connections over TCP are encrypted. Default: not at all.
    pub encryption: Option<Encryption>,
    /// Load balancers that say for whom they speak, in the PROXY protocol, on [`listen`](Self::listen), [`Encryption::direct`] and [`Http::listen`]: what
    /// they say is believed. They may also speak for themselves. Default: none.
    pub proxies: Vec<IpAddr>,
    /// The domain of the accounts. Default: `localhost`.
    pub domain: String,
    /// The address of the PubSub service. Default, when empty: `pubsub.` and the domain.
    pub pubsub_domain: String,
    /// Accounts for this run of the server: user name and password. They go before those of [`accounts_store`](Self::accounts_store), and are not kept.
    pub accounts: Vec<(String, String)>,
    /// Who else may log in, and where accounts go that are made while the server runs. Default: [`database`](Self::database) if there is one, or a
    /// table in memory.
    pub accounts_store: Option<Arc<dyn Accounts>>,
    /// Where accounts, and what else belongs to people, are kept over restarts. Default: nowhere.
    #[cfg(feature = "durable")]
    pub database: Option<crate::Database>,
    /// The work factor of new SCRAM verifiers. Default: 4096.
    pub scram_iterations: u32,
    /// In-band registration. Default: closed.
    pub registration: Registration,
    /// Whether one may log in without an account (SASL ANONYMOUS). Default: no.
    pub anonymous: bool,
    /// Nodes whose names begin so are for accounts: who logged in without one may neither subscribe to them nor read their items, nor say who may,
    /// whatever they are configured to and whoever owns them. It may publish there. Accounts are judged by the node's access model. Default: `user-`.
    pub accounts_only: Vec<String>,
    /// Who may create nodes. Default: accounts.
    pub node_creation: NodeCreation,
    /// Whether subscribing to a node again makes another subscription, told apart by its subid, instead of answering with the one there is
    /// (XEP-0060 §6.1.6). Default: no.
    pub multi_subscribe: bool,
    /// The configuration of nodes that nobody configured.
    pub node_defaults: NodeConfig,
    /// Where the state of the service is kept: [`Volatile`], a `DiskStorage` (feature `durable`), or a store of one's own. Default: nowhere but in the running server.
    pub storage: Arc<dyn Storage>,
    /// BOSH and WebSocket, for browsers.
    pub http: Http,
    /// User names of accounts that may manage the others (XEP-0133). Default: none.
    pub admins: Vec<String>,
    /// Programs that speak for domains of their own.
    pub components: Components,
    /// Rooms for many to talk in.
    pub rooms: Rooms,
    /// What one client, and all together, may use.
    pub limits: Limits,
}

impl std::fmt::Debug for Config {
    /// Leaves the accounts out: their passwords are nobody's business.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Config")
            .field("listen", &self.listen)
            .field("encryption", &self.encryption)
            .field("domain", &self.domain)
            .field("pubsub_domain", &self.pubsub_domain)
            .field("registration", &self.registration)
            .field("anonymous", &self.anonymous)
            .field("accounts_only", &self.accounts_only)
            .field("node_creation", &self.node_creation)
            .field("multi_subscribe", &self.multi_subscribe)
            .field("node_defaults", &self.node_defaults)
            .field("storage", &self.storage)
            .field("http", &self.http)
            .field("components", &self.components)
            .field("rooms", &self.rooms)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5222)),
            encryption: None,
            proxies: Vec::new(),
            domain: "localhost".to_owned(),
            pubsub_domain: String::new(),
            accounts: Vec::new(),
            accounts_store: None,
            #[cfg(feature = "durable")]
            database: None,
            scram_iterations: 4096,
            registration: Registration::Closed,
            anonymous: false,
            accounts_only: vec!["user-".to_owned()],
            node_creation: NodeCreation::Accounts,
            multi_subscribe: false,
            node_defaults: NodeConfig::default(),
            storage: Arc::new(Volatile),
            http: Http::default(),
            admins: Vec::new(),
            components: Components::default(),
            rooms: Rooms::default(),
            limits: Limits::default(),
        }
    }
}

/// Bounds. Everything that a client could make grow has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time. Default: 10,000.
    pub connections: usize,
    /// Connections at one time from one address; loopback counts as any other. Default: 10,000.
    pub connections_per_address: usize,
    /// Connected resources of one account. Default: 1,000.
    pub resources_per_account: usize,
    /// How long a client may take to log in and bind. Default: 30 s.
    pub login: Duration,
    /// How often a client may fail to log in on one connection. Default: 3.
    pub login_attempts: usize,
    /// How long an attempt to log in waits at most for each failure before it, once an account was guessed at 5 times or from an address 20 times;
    /// the first of these costs a quarter of a second, each further one twice as much. Default: 8 s.
    pub login_delay: Duration,
    /// Connections at one time that have not logged in yet. Default: 10,000.
    pub entering: usize,
    /// The same from one address. Default: 10,000.
    pub entering_per_address: usize,
    /// Stanzas that one connection may send in a second, after a burst of as many again; more are read later. Default: as many as it can.
    pub stanzas_per_second: Option<NonZeroU32>,
    /// Bytes that one connection may send in a second, after a burst of as many again; more are read later. Default: as many as it can.
    pub bytes_per_second: Option<NonZeroU32>,
    /// The longest stanza before login, in bytes. Default: 16 KiB.
    pub stanza_before_login: usize,
    /// The longest stanza, in bytes. Default: 512 KiB.
    pub stanza: usize,
    /// The deepest nesting of elements in a stanza. Default: 64.
    pub depth: usize,
    /// How much may wait for one client before it is cut off as a slow reader, in bytes; under stream management this includes
    /// what the client has not acknowledged. Default: 8 MiB.
    pub queue: usize,
    /// How much may wait for all clients together, in bytes; what many are sent counts once. Beyond that, a client that
    /// has more than 256 KiB waiting and is sent more is cut off, although its own queue is not full. Default: 1 GiB.
    pub queues: usize,
    /// After how long a silence a client is pinged (XEP-0199). Default: 120 s.
    pub idle: Duration,
    /// How long a client may take to answer a ping before it counts as gone. Default: 30 s.
    pub ping: Duration,
    /// How long the session of a lost connection can be resumed (XEP-0198). Default: 120 s.
    pub resumption: Duration,
    /// How long connections may take to finish when the server shuts down. Default: 5 s.
    pub shutdown: Duration,
    /// Nodes. Default: 1,000,000.
    pub nodes: usize,
    /// Nodes that one account may have created; [`Config::accounts`] and [`Config::admins`] may create more. Default: 10,000.
    pub nodes_per_account: usize,
    /// Items that one node keeps, which is what `pubsub#max_items` = `max` means. Default: 100,000.
    pub items_per_node: usize,
    /// Bytes that all nodes keep together: items, names, configurations, subscriptions and affiliations. Besides its texts a node counts for 512 bytes, a
    /// subscription for 128, an item and an affiliation for 64. Default: 1 GiB.
    pub stored_bytes: usize,
    /// The largest payload, in bytes. Default: 256 KiB.
    pub payload: usize,
    /// Subscriptions of one node. Default: 1,000,000.
    pub subscriptions_per_node: usize,
    /// Affiliations of one node. Default: 10,000.
    pub affiliations_per_node: usize,
    /// Nodes that do not exist and are awaited by one account (`urn:pubsub:await:1`). Default: 100,000.
    pub awaited_per_account: usize,
    /// The same of all accounts together. Default: 1,000,000.
    pub awaited: usize,
    /// Contacts of one account, those that only ask to subscribe to its presence included. Default: 1,000.
    pub contacts_per_account: usize,
    /// Messages that wait for one account of which nobody is there. Default: 1,000.
    pub offline_messages: usize,
    /// Bytes of them. Default: 1 MiB.
    pub offline_bytes: usize,
    /// The same of all accounts together. Default: 256 MiB.
    pub offline_bytes_by_all: usize,
    /// Items, nodes, subscriptions, affiliations or ids in one answer; the rest is for further pages. Default: 10,000.
    pub page: usize,
    /// Bytes of items, subscriptions or affiliations in one answer. Default: 1 MiB.
    pub page_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 10_000,
            resources_per_account: 1_000,
            login: Duration::from_secs(30),
            login_attempts: 3,
            login_delay: Duration::from_secs(8),
            entering: 10_000,
            entering_per_address: 10_000,
            stanzas_per_second: None,
            bytes_per_second: None,
            stanza_before_login: 16 * 1024,
            stanza: 512 * 1024,
            depth: 64,
            queue: 8 * 1024 * 1024,
            queues: 1024 * 1024 * 1024,
            idle: Duration::from_mins(2),
            ping: Duration::from_secs(30),
            resumption: Duration::from_mins(2),
            shutdown: Duration::from_secs(5),
            nodes: 1_000_000,
            nodes_per_account: 10_000,
            items_per_node: 100_000,
            stored_bytes: 1024 * 1024 * 1024,
            payload: 256 * 1024,
            subscriptions_per_node: 1_000_000,
            affiliations_per_node: 10_000,
            awaited_per_account: 100_000,
            awaited: 1_000_000,
            contacts_per_account: 1_000,
            offline_messages: 1_000,
            offline_bytes: 1024 * 1024,
            offline_bytes_by_all: 256 * 1024 * 1024,
            page: 10_000,
            page_bytes: 1024 * 1024,
        }
    }
}
