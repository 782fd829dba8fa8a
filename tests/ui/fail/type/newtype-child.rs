//! A newtype is text.

use pubsub_core::Payload;

#[derive(Payload)]
struct Wrapper(#[publish(child)] Inner);

#[derive(Payload)]
struct Inner {
    text: String,
}

fn main() {}
