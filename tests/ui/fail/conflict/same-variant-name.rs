//! Nor can two variants.

use pubsub_core::Payload;

#[derive(Payload)]
enum State {
    Open,
    #[publish(rename = "Open")]
    Free,
}

fn main() {}
