//! None and Some(None) look the same.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Option<Option<String>>,
}

fn main() {}
