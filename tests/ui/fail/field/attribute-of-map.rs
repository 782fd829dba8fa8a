//! Nor a map.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute)]
    text: std::collections::BTreeMap<String, String>,
}

fn main() {}
