//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(with = hex, child)]
    text: String,
}

fn main() {}
