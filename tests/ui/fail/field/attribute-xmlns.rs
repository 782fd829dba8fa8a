//! That attribute declares namespaces.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(attribute, rename = "xmlns")]
    text: String,
}

fn main() {}
