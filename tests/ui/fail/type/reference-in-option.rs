//! Also inside.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    text: Option<&'static str>,
}

fn main() {}
