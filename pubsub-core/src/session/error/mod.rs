//! What can go wrong: connecting, and asking a PubSub service for something.
//!
//! Variants say what the caller can do. Which condition of the protocol leads to which variant is in `condition`.

mod condition;
mod connect;
mod pubsub;

pub(in crate::session) use self::condition::{Failure, FailureKind, classify};
pub use self::connect::{ConnectError, Login};
pub use self::pubsub::{AccessRule, PubSubError, PublishError, Target};
