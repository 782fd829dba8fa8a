//! Nothing to publish.

use pubsub_core::Payload;

#[derive(Payload)]
struct Tweet {
    value: std::marker::PhantomData<u8>,
}

fn main() {}
