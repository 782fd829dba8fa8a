//! None leaves no trace.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Vec<Option<String>>,
}

fn main() {}
