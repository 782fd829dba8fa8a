//! What `fuzz/` calls: each function takes arbitrary bytes and panics when something that must hold for all of them does not.
//!
//! Compiled for tests and under `--cfg fuzzing` only, which cargo-fuzz sets; no part of the interface. Nothing here opens a socket or a file. The rest of the
//! server does not know that it is there: it is called as its own modules call it.

#![expect(
    clippy::expect_used,
    reason = "these are tests, which fail in this way"
)]

mod carriers;
mod dialogue;
mod forms;
mod pieces;
#[cfg(test)]
mod tests;

pub use self::carriers::{bosh, stream, websocket};
pub use self::dialogue::dialogue;
pub use self::forms::form;
pub use self::pieces::proxy;
#[cfg(feature = "durable")]
pub use crate::storage::records::{loading, record};
