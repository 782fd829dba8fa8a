//! An id is always there.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id)]
    id: Option<i64>,
}

fn main() {}
