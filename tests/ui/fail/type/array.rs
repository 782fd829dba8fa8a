//! Its length cannot be kept.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: [u8; 4],
}

fn main() {}
