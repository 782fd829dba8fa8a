//! However deep.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute)]
    lang: String,
    #[publish(flatten)]
    one: One,
}

#[derive(pubsub_core::Payload)]
struct One {
    #[publish(flatten)]
    two: Two,
}

#[derive(pubsub_core::Payload)]
struct Two {
    #[publish(attribute)]
    lang: String,
}

fn main() {}
