//! A subscriber: what it is still to be sent, and how that reaches it.
//!
//! `source` knows what comes next, `client` shares it between the channels that have news and the task that writes. The same bytes are written
//! in two ways: by a `connection` over a `wire`, which is a socket that is ours alone or one that hyper has given up, or as the `body` of an
//! answer that hyper writes.

mod body;
mod client;
mod clock;
mod connection;
mod dismissal;
mod held;
mod incoming;
mod seat;
mod source;
mod talk;
mod wire;

pub(crate) use self::body::StreamBody;
pub(crate) use self::client::{Client, Guard, entries};
pub(crate) use self::clock::Times;
pub(crate) use self::connection::Connection;
pub(crate) use self::dismissal::Dismissal;
pub(crate) use self::held::watched;
pub(crate) use self::seat::Seat;
pub(crate) use self::source::Source;
pub(crate) use self::talk::{Say, Talk};
pub(crate) use self::wire::{Direct, Stream, Wire};
