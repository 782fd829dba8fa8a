//! One value.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tags(Vec<String>);

fn main() {}
