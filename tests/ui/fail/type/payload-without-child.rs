//! A payload needs an element of its own.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    place: Place,
}

#[derive(pubsub_core::Payload)]
struct Place {
    name: String,
}

fn main() {}
