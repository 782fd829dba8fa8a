//! An absent Option is None already.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(default)]
    text: Option<String>,
}

fn main() {}
