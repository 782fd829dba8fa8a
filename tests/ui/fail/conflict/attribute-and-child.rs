//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute, child)]
    text: String,
}

fn main() {}
