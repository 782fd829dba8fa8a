//! Nobody knows which field is alive.

use pubsub_core::Payload;

#[derive(Payload)]
union Bits {
    int: u32,
    float: f32,
}

fn main() {}
