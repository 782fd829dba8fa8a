//! Two fields in one element cannot be told apart.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    text: String,
    #[publish(rename = "text")]
    body: String,
}

fn main() {}
