//! Nothing to publish.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: std::marker::PhantomData<u8>,
}

fn main() {}
