//! Nor that of a slice.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Box<[u8]>,
}

fn main() {}
