//! A number is no text.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = 5)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
