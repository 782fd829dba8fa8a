//! None and an empty Vec look the same.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Option<Vec<String>>,
}

fn main() {}
