//! The same inside maps.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: std::collections::HashMap<String, Vec<String>>,
}

fn main() {}
