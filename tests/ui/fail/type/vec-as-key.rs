//! A key is one value.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: std::collections::BTreeMap<Vec<String>, String>,
}

fn main() {}
