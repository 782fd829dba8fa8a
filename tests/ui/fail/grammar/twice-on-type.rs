//! A word given twice contradicts itself.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = "/a", node = "/b")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
