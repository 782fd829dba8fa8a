//! Actions are words.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(on("create"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
