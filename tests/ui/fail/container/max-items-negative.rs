//! Not below zero.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(max_items = -1)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
