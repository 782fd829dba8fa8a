//! What has no element cannot be absent.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(flatten)]
    text: Option<String>,
}

fn main() {}
