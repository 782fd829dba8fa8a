//! Also across attributes.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = "/a")]
#[publish(node = "/b")]
struct Tweet {
    id: i64,
}

fn main() {}
