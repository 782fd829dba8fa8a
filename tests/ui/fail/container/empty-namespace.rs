//! The payload belongs to somebody.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(namespace = ""))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
