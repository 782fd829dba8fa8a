//! A row has no elements.

use pubsub_core::{Payload, Publish};

#[derive(Publish)]
#[publish(format = "django")]
struct Status {
    #[publish(child)]
    place: Place,
}

#[derive(Payload)]
struct Place {
    name: String,
}

fn main() {}
