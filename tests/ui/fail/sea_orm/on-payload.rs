//! A nested payload is not saved by itself.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(sea_orm)]
struct Model {
    id: i64,
}

fn main() {}
