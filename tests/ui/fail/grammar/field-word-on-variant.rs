//! A variant takes only a name.

use pubsub_core::Payload;

#[derive(Payload)]
enum State {
    #[publish(skip)]
    Open,
}

fn main() {}
