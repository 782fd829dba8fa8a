//! The entry around the payload has that one.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(namespace = "http://www.w3.org/2005/Atom"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
