//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(skip, attribute)]
    text: String,
}

fn main() {}
