//! A nested payload is no item.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    #[publish(id)]
    id: i64,
}

fn main() {}
