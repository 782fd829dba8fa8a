//! An element has a name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(name = ""))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
