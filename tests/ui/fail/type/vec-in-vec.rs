//! Where one ends is lost.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Vec<Vec<String>>,
}

fn main() {}
