//! Rooms (XEP-0045), on a domain of their own.
//!
//! A room is a value that decides by itself: `entering`, `talking`, `governing` and `owning` are its verbs, `room`, `settings`, `standing`
//! and `history` its state, `vocabulary` the words in between. It knows no XML, no clock and no sockets. `reading` and `words` are the XML,
//! `telling` writes each thing once and queues it for all who hear it, `hall` holds the rooms, and `answering` and `discovery` bring
//! stanzas to them; `keeping`, `database` and `receipt` are for rooms that outlive the server. Each room is behind a lock of its own, under which it decides and tells: so all hear the same in the same order.

mod answering;
#[cfg(feature = "durable")]
mod database;
mod discovery;
mod entering;
mod governing;
mod hall;
mod history;
#[cfg(feature = "durable")]
mod keeping;
mod owning;
mod reading;
mod receipt;
mod refusal;
mod room;
mod settings;
mod standing;
mod talking;
mod telling;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

pub(crate) use self::hall::Hall;
pub(crate) use self::vocabulary::{Letter, Visitor};
