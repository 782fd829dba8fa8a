//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id, skip)]
    text: String,
}

fn main() {}
