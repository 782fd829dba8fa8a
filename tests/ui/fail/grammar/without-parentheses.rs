//! `publish` alone says nothing.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish]
struct Tweet {
    id: i64,
}

fn main() {}
