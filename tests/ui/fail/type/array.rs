//! Its length cannot be kept.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: [u8; 4],
}

fn main() {}
