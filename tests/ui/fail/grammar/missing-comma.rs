//! Words are separated by commas.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = "/x" on(create))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
