//! Only an item has a format.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(format = "json")]
struct Tweet {
    text: String,
}

fn main() {}
