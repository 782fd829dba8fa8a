//! A name in XML.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(rename = "a b")]
    text: String,
}

fn main() {}
