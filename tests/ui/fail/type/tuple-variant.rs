//! The values have no names.

use pubsub_core::Payload;

#[derive(Payload)]
enum Shape {
    Point(i32, i32),
}

fn main() {}
