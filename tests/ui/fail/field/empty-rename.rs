//! Not empty.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(rename = "")]
    text: String,
}

fn main() {}
