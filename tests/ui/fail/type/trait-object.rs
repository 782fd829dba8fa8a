//! What would be read back?

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Box<dyn std::fmt::Debug>,
}

fn main() {}
