//! They contradict each other.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(rename = "x", flatten)]
    text: String,
}

fn main() {}
