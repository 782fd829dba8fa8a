//! Save a model, and every subscriber hears of it, over XMPP PubSub (XEP-0060).
//!
//! ```standalone_crate
//! use pubsub_core::{PubSub, Publish};
//!
//! #[derive(Debug, Publish)]
//! #[publish(channels("user-{author}"))]
//! struct Tweet {
//!     #[publish(id)]
//!     id: i64,
//!     author: String,
//!     text: String,
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # // The store is a file in the working directory, and that of a test leaves nothing behind.
//! # let directory = tempfile::tempdir()?;
//! # std::env::set_current_dir(&directory)?;
//! let pubsub = PubSub::from_env().await?;
//! let mut tweets = pubsub.subscribe::<Tweet>().await?;
//!
//! Tweet { id: 1, author: "ann".into(), text: "hello".into() }.save().await?;
//!
//! let event = tweets.next().await.ok_or("closed")??;
//! assert_eq!(event.into_item().ok_or("no tweet")?.text, "hello");
//! # assert_eq!(PubSub::from_env().await.unwrap_err().kind(), pubsub_core::ErrorKind::AlreadyInstalled);
//! pubsub.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a change
//!
//! The modules stand in the order in which a change walks through them; each uses only those above it. A value
//! that derives [`Publish`] is written as XML ([`payload`]), becomes one [`Change`] for each node that hears of it, waits in the outbox of a
//! [`store`] beside its row, and goes through a [`session`] to the service; a [`subscriber`] decodes what the service tells.
//! Without a store the save itself waits for the service.
//! [`testing`] takes the place of the service in the tests of programs.
//!
//! # Features
//!
//! - `derive` (default): the macros.
//! - `embedded` (default): a server inside the process, started when no URL is given.
//! - `sqlite` (default): the store in a file, by default `pubsub.db` in the working directory; `PUBSUB_STORE` names another, or `off`.
//! - `postgres`: the store in PostgreSQL.
//! - `dns` (default): SRV look-ups for servers that are named by their domain.
//! - `json`: payloads with `format = "json"`.
//! - `sea-orm`: `#[publish(sea_orm)]`, with which what SeaORM saves is published; see the module `sea_orm`.
//! - `metrics`: counters and histograms through the `metrics` facade.

// The tests in here derive models, and what the derive writes speaks of the crate by its name.
#[cfg(test)]
extern crate self as pubsub_core;

/// The examples of the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

pub mod name;
pub mod schema;

pub mod change;
pub mod node_config;
pub mod payload;

pub mod hooks;
pub mod publish;
pub mod registry;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

mod content;
mod position;
mod receipt;

pub mod store;

pub mod session;
pub mod subscriber;

mod ambient;
mod builder;
mod depot;
mod described;
mod embedded;
mod error;
mod handle;
mod outbox_row;
mod outlet;
mod reading;
mod relay;
mod saving;
mod scope;
#[cfg(feature = "sea-orm")]
pub mod sea_orm;
mod set_up;
pub mod testing;

pub use ambient::{AlreadyInstalled, NotInstalled, current};
pub use builder::Builder;
pub use change::{Action, Change, ChangeKind, Stamp};
pub use content::{Content, Xml};
pub use described::DescribedError;
pub use error::{Error, ErrorKind, SaveError};
pub use handle::PubSub;
pub use name::{ItemId, NameError, NodeName};
pub use node_config::{AccessModel, MaxItems, NodeConfig, PublishModel, SendLast};
pub use outbox_row::OutboxRow;
pub use payload::{DecodeError, EncodeError, Payload};
pub use position::{Position, PositionError};
pub use publish::Publish;
#[cfg(feature = "derive")]
pub use pubsub_derive::{Payload, Publish, after_commit, after_save};
pub use reading::{List, Page, ReadError};
pub use receipt::Receipt;
pub use registry::{Descriptor, Registry, RegistryError, registered};
pub use saving::{InTransaction, Transaction};
pub use session::PubSubError;
pub use store::StoreError;
pub use subscriber::{Event, Item, Items, Missed, SubscribeError, Subscription};
