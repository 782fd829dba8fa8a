//! For the tests of programs that save models: a recorder in place of a server.
//!
//! A [`Recorder`] hands out a [`PubSub`](crate::PubSub) whose changes go nowhere but into its book, and to the
//! subscriptions of the same test. Everything up to the wire is the real thing: hooks run, values are encoded,
//! events are decoded. No server, no socket, no clock.
//!
//! ```standalone_crate
//! use pubsub_core::testing::Recorder;
//! use pubsub_core::{Publish, assert_published};
//!
//! #[derive(Debug, PartialEq, Publish)]
//! #[publish(channels("user-{author}"))]
//! struct Tweet {
//!     #[publish(id)]
//!     id: i64,
//!     author: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Recorder::new();
//! Tweet { id: 1, author: "ann".into() }.save_with(&recorder.pubsub()).await?;
//!
//! assert_published!(recorder, "user-ann", 1);
//! assert_published!(recorder, Tweet { id: 1, author: "ann".into() });
//! # Ok(())
//! # }
//! ```

mod hub;
mod macros;
mod recorder;

pub(crate) use self::hub::Hub;
pub use self::recorder::{Recorded, Recorder};
