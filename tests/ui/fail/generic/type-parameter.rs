//! One registration, one type.

use pubsub_core::Publish;

#[derive(Publish)]
struct Page<T> {
    row: T,
}

fn main() {}
