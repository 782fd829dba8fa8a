//! There is no value.

use pubsub_core::Payload;

#[derive(Payload)]
enum Never {}

fn main() {}
