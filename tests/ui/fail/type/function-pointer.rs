//! Code is not data.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: fn(i32) -> i32,
}

fn main() {}
