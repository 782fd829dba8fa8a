//! A key is one value.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: std::collections::BTreeMap<Vec<String>, String>,
}

fn main() {}
