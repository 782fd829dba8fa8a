//! An id is one value.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id)]
    id: Vec<i64>,
}

fn main() {}
