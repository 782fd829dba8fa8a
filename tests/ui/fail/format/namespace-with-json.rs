//! The container has a namespace.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "json", xml(namespace = "x"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
