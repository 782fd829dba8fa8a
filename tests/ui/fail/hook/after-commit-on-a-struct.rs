//! The message names the attribute that was written.

use pubsub_core::after_commit;

#[after_commit]
struct Tweet;

fn main() {}
