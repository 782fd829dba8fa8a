//! An address means nothing elsewhere.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: *const u8,
}

fn main() {}
