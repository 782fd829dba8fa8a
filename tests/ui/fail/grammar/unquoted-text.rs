//! Text is quoted.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = tweets)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
