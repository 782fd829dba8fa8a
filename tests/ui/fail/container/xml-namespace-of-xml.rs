//! XML keeps its own.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(namespace = "http://www.w3.org/2000/xmlns/"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
