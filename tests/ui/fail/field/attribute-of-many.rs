//! An attribute holds one value.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute)]
    text: Vec<String>,
}

fn main() {}
