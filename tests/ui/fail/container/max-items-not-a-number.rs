//! A number, or max.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(max_items = "many")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
