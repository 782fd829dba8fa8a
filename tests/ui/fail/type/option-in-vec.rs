//! None leaves no trace.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    value: Vec<Option<String>>,
}

fn main() {}
