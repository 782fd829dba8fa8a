//! The same for maps.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Vec<std::collections::HashMap<String, String>>,
}

fn main() {}
