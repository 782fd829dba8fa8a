//! The same for constants.

use pubsub_core::Publish;

#[derive(Publish)]
struct Page<const N: usize> {
    row: String,
}

fn main() {}
