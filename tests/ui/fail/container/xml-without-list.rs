//! `xml` is a list.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml = "x")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
