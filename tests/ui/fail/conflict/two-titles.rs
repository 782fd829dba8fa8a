//! An entry has one title.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(title)]
    a: String,
    #[publish(title)]
    b: String,
}

fn main() {}
