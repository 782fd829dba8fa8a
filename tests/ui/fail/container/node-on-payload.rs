//! A nested payload has no node.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(node = "/x")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
