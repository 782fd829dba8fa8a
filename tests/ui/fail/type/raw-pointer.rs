//! An address means nothing elsewhere.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: *const u8,
}

fn main() {}
