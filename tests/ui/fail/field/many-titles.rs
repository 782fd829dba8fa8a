//! A title is one value.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(title)]
    text: Vec<String>,
}

fn main() {}
