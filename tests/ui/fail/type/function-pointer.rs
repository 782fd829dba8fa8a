//! Code is not data.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: fn(i32) -> i32,
}

fn main() {}
