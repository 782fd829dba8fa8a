//! What is flattened must not collide with what is around it.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    text: String,
    #[publish(flatten)]
    inner: Inner,
}

#[derive(pubsub_core::Payload)]
struct Inner {
    text: String,
}

fn main() {}
