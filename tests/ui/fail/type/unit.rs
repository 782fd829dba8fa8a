//! Nothing to publish.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: (),
}

fn main() {}
