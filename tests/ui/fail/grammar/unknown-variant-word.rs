//! The same on a variant.

use pubsub_core::Payload;

#[derive(Payload)]
enum State {
    #[publish(renam = "open")]
    Open,
}

fn main() {}
