//! An item has one id.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id)]
    a: i64,
    #[publish(id)]
    b: i64,
}

fn main() {}
