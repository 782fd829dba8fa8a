//! What would be read back?

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: Box<dyn std::fmt::Debug>,
}

fn main() {}
