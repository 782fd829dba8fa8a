//! What is left out must be read as something.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(skip_if = String::is_empty)]
    text: String,
}

fn main() {}
