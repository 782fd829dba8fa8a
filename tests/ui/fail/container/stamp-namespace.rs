//! The mark in every entry has that one.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(namespace = "urn:pubsub:change:1"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
