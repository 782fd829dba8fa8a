//! The same for maps.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Vec<std::collections::HashMap<String, String>>,
}

fn main() {}
