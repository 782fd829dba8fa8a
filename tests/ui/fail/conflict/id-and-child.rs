//! An id is text.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id, child)]
    text: String,
}

fn main() {}
