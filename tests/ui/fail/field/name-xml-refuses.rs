//! Rust allows more letters than XML.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    ª: String,
}

fn main() {}
