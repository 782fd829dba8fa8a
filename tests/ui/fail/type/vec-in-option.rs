//! None and an empty Vec look the same.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Option<Vec<String>>,
}

fn main() {}
