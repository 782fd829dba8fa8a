//! What is not written must come from somewhere.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(skip)]
    file: Handle,
}

struct Handle;

fn main() {}
