//! At least one.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels())]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
