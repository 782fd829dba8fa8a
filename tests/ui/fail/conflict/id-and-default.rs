//! An id is always there.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id, default)]
    id: i64,
}

fn main() {}
