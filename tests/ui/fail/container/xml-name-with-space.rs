//! Two words are no name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(name = "a b"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
