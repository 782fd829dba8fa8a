//! Nothing to publish.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: (),
}

fn main() {}
