//! The parts have no names.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: (i32, i32),
}

fn main() {}
