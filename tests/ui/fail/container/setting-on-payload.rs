//! Nor a configuration of one.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(access = "open")]
struct Tweet {
    text: String,
}

fn main() {}
