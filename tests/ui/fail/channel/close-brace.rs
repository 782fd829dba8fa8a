//! A brace is opened.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("user-id}"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
