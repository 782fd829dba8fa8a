//! A name has room for one value.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("tag-{tags}"))]
struct Tweet {
    tags: Vec<String>,
}

fn main() {}
