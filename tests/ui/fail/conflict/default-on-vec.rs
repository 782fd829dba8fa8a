//! An absent collection is empty already.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(default)]
    text: Vec<String>,
}

fn main() {}
