//! The values have no names.

use pubsub_core::Payload;

#[derive(Payload)]
struct Point(i32, i32);

fn main() {}
