//! A mistyped word must not be silently ignored.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(chanels("all"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
