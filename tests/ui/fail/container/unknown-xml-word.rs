//! `xml` takes two words.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(prefix = "x"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
