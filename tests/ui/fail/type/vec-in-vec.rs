//! Where one ends is lost.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Vec<Vec<String>>,
}

fn main() {}
