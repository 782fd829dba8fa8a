//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(child, flatten)]
    text: String,
}

fn main() {}
