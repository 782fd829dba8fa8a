//! Nor channels.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(channels("all"))]
struct Tweet {
    text: String,
}

fn main() {}
