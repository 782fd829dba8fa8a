//! A struct is no text; the message says what can be done.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    place: Place,
}

struct Place {
    _name: String,
}

fn main() {}
