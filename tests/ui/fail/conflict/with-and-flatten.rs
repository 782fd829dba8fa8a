//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(with = hex, flatten)]
    text: String,
}

fn main() {}
