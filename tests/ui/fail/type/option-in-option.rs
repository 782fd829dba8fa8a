//! None and Some(None) look the same.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Option<Option<String>>,
}

fn main() {}
