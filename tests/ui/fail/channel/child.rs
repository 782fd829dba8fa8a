//! An element is no part of a name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("{place}"))]
struct Tweet {
    #[publish(child)]
    place: Place,
}

#[derive(pubsub_core::Payload)]
struct Place {
    name: String,
}

fn main() {}
