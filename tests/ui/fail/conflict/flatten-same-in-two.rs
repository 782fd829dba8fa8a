//! Nor may two flattened types collide.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(flatten)]
    one: One,
    #[publish(flatten)]
    two: Two,
}

#[derive(pubsub_core::Payload)]
struct One {
    text: String,
}

#[derive(pubsub_core::Payload)]
struct Two {
    text: String,
}

fn main() {}
