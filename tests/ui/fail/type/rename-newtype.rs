//! It has no name.

use pubsub_core::Payload;

#[derive(Payload)]
struct Id(#[publish(rename = "x")] i64);

fn main() {}
