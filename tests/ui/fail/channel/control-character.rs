//! A name with a tab is no name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("a\tb"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
