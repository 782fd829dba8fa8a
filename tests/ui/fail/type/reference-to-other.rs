//! References to other things.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet<'a> {
    id: &'a i64,
}

fn main() {}
