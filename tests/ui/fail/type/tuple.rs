//! The parts have no names.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: (i32, i32),
}

fn main() {}
