//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(skip, rename = "x")]
    text: String,
}

fn main() {}
