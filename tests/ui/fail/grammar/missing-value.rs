//! A word that needs a value says how.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
