//! The other way round.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(node = "/x")]
    text: String,
}

fn main() {}
