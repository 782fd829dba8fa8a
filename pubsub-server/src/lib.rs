//! An XMPP PubSub server to embed: one call starts it, and every XMPP client can talk to it.
//!
//! ```
//! use pubsub_server::{Config, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config {
//!     listen: "127.0.0.1:0".parse()?,
//!     accounts: vec![("ann".into(), "secret".into())],
//!     ..Config::default()
//! };
//! let server = Server::spawn(config).await?;
//! println!("{} is at {}", server.pubsub_domain(), server.addr());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it speaks
//!
//! - XMPP over TCP (RFC 6120): STARTTLS and direct TLS with a certificate; SASL SCRAM-SHA-256 and SCRAM-SHA-1, both bound to TLS 1.3 too, PLAIN over TLS
//!   and on loopback, ANONYMOUS if allowed; resource binding, where the newest of two equal resources wins. No other servers.
//! - People (RFC 6121): rosters, presence and its subscriptions, messages that wait for who is not there (XEP-0160, XEP-0203), copies of them for the
//!   account's other clients (XEP-0280, XEP-0334), capabilities (XEP-0115). Every account has nodes of its own (XEP-0163): bookmarks (XEP-0402), avatars, moods.
//! - The same for browsers, on [`Http::listen`] or through [`HttpService`]: over WebSocket (RFC 7395), with resumption as over TCP, and over BOSH
//!   (XEP-0124, XEP-0206): held and pipelined requests, repetition, acknowledgements, pauses, key sequences, sessions that a page attaches to or takes
//!   over after a reload. XEP-0156 says where the doors are. A password is taken as it is on loopback, or from a proxy there that speaks TLS.
//! - XEP-0060 at `pubsub.{domain}`: §5 discovery, subscriptions, affiliations, meta-data; §6 subscribe, unsubscribe, retrieve items;
//!   §7 publish (several items too), retract; §8 create, configure, default, delete, purge, subscriptions, affiliations. All access
//!   models, with requests to the owners and `get-pending`; all publish models; publish-options; subscription options `deliver`, `include_body` and `expire`; several
//!   subscriptions of one JID, if [`Config::multi_subscribe`] says so; delivery, subscriptions and items that depend on presence; items that expire; nodes come to be when
//!   they are published to. Not: collections, digests.
//! - XEP-0313 at nodes: the archive is the items that a node keeps, by their ids and the moments of their last publish; what the node lets go, the archive lets go. Searched
//!   by `with` (the publisher), `start`, `end` and `ids`, in pages.
//! - Rooms (XEP-0045) at `rooms.{domain}`, bounded and configured by [`Rooms`]: §7 entering, leaving, nicknames, messages, history, private messages,
//!   invitations, which wait for who is not there, requests for voice;
//!   §8 subject, kick, voice; §9 bans, members, moderators; §10 making, configuring, destroying, owners, admins. Those that last outlive the server where it has a
//!   `Database`; requests to them are answered when they are on the disk, and what is said follows within a quarter of a
//!   second. Several sessions of one account may share a nickname. XEP-0410. Not: registration with a room.
//! - Components (XEP-0114) for domains of their own, by [`Components`]; administration over XMPP (XEP-0050, XEP-0133) for [`Config::admins`].
//! - XEP-0030, XEP-0059, XEP-0077 (off by default), XEP-0198 with resumption, XEP-0199.
//!
//! # Behind an HTTP server
//!
//! ```
//! # use pubsub_server::{HttpClient, HttpService};
//! # use std::net::SocketAddr;
//! use hyper::{Request, Response, body::Incoming};
//!
//! /// What a service for hyper does with requests for `service`; for everything else it asks somebody else.
//! async fn answer(service: HttpService, request: Request<Incoming>, address: SocketAddr) -> Response<pubsub_server::HttpBody> {
//!     let client = HttpClient { address, is_encrypted: false };
//!     service.handle(request, client).await
//! }
//! ```
//!
//! # Order of things
//!
//! A request is decided, kept, answered and announced, in that order ([`Storage`] has it before anybody hears of it). Subscribers of
//! a node hear of its changes in the order in which they were made. The acknowledgements of XEP-0198 say that a stanza was taken, not that it is kept: that says its
//! answer.
//!
//! # What survives
//!
//! By default nothing. With a `DiskStorage` (feature `durable`) as [`Config::storage`] nodes, configurations, affiliations, subscriptions and items do; `SyncLevel` says what an
//! answer promises. Items of nodes that keep none, and subscriptions of anonymous users, never reach a store. A store may be slow: what waits
//! for it shares one call, and who does not need it does not wait. It may fail: what it did not take is undone and refused, and what it takes later is kept. A client with
//! more than a megabyte on the way to the store is not read until some of it is kept, and with 64 MiB of all clients changes are refused.
//!
//! # Bounds
//!
//! Everything a client can make grow is bounded by [`Limits`]. A client that does not read is cut off when more than [`Limits::queue`] waits for
//! it; nobody else waits. A page of another origin than the server's own is refused unless [`Origins`] name it.
//!
//! The library installs no logger and no signal handler. It needs a Tokio runtime with I/O and time.

mod accounts;
mod address;
mod admission;
mod announcer;
mod assembly;
mod attempts;
mod bosh;
mod broker;
mod commands;
mod committing;
mod components;
mod config;
mod connection;
mod crew;
#[cfg(feature = "durable")]
mod database;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod http;
mod listener;
mod moment;
mod offline;
mod people;
mod presence;
mod proof;
mod proxied;
mod registration;
mod rooms;
mod roster;
mod router;
mod sasl;
mod server;
mod service;
mod shards;
mod statistics;
mod storage;
mod tls;
mod wire;
mod witness;

#[cfg(feature = "durable")]
pub use accounts::SqliteAccounts;
pub use accounts::{
    Account, AccountEnd, AccountError, AccountFuture, Accounts, Credentials, Hash, MemoryAccounts,
    Verifier, add_account, change_password, normalize_username,
};
pub use config::{
    Bosh, Components, Config, Demand, Encryption, Http, Limits, NodeCreation, Origins,
    Registration, RoomCreation, Rooms,
};
#[cfg(feature = "durable")]
pub use database::{Database, DatabaseError};
pub use http::{HttpBody, HttpClient, HttpService};
pub use server::{AnnounceError, BindError, RunningServer, Server};
pub use service::access::Affiliation;
pub use service::node::Item;
pub use service::options::{
    AccessModel, MaxItems, NodeConfig, NotificationType, PublishModel, SendLast,
};
pub use service::shows::{Show, Shows};
pub use service::terms::{Expiry, SubscriptionState, Terms};
pub use service::vocabulary::Write;
pub use statistics::Statistics;
#[cfg(feature = "durable")]
pub use storage::{DiskStorage, SyncLevel, self_signed_files};
pub use storage::{MemoryStorage, Storage, StorageError, Volatile};
pub use tls::{Tls, TlsError};
