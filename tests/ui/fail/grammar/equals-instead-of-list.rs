//! The habit of other attributes.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish = "x"]
struct Tweet {
    id: i64,
}

fn main() {}
