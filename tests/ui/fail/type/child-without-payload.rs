//! And the element needs a payload.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(child)]
    place: Place,
}

struct Place {
    _name: String,
}

fn main() {}
