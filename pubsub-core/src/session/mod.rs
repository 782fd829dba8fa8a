//! The connection to an XMPP server and its PubSub service: requests out, answers and events in.
//!
//! A [`Session`] is one task that owns one socket. It keeps the order of changes within a node, bounds everything
//! that can pile up, gives every request a deadline, and survives the loss of its connection. It knows nothing of
//! models, stores and typed events; whoever calls it decides what to do about an error.
//!
//! Room by room: `config` says where to connect, `connect` logs in, `wire` moves bytes, `stanza` reads and writes
//! XML, `engine` is the task, `verb` are the requests of XEP-0060, `listen` hands out events, `error` says what can go wrong.

mod config;
mod connect;
mod engine;
mod error;
mod form;
mod handle;
mod home;
mod listen;
mod receipt;
mod stanza;
mod status;
mod verb;
mod wire;

pub use self::config::{ConfigError, SessionConfig};
pub use self::error::{AccessRule, ConnectError, Login, PubSubError, PublishError, Target};
pub use self::form::Form;
pub use self::handle::{Publishing, Session};
pub(crate) use self::home::Home;
pub(crate) use self::listen::Listeners;
pub use self::listen::{Filter, Listener, RawEvent, RawEventKind, SessionEvent};
pub use self::receipt::Receipt;
pub use self::status::Status;
pub use self::verb::{
    Affiliation, Entity, Identity, Item, ItemPage, ItemQuery, NodeAffiliation, Subscriber,
    Subscription, SubscriptionState, UserAffiliation,
};
