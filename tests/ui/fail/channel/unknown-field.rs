//! A template names fields.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("user-{autor}"))]
struct Tweet {
    author: String,
}

fn main() {}
