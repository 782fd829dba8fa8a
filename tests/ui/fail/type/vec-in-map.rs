//! The same inside maps.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: std::collections::HashMap<String, Vec<String>>,
}

fn main() {}
