//! Nor that of a slice.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Box<[u8]>,
}

fn main() {}
