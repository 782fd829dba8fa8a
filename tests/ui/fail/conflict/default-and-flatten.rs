//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(default, flatten)]
    text: String,
}

fn main() {}
