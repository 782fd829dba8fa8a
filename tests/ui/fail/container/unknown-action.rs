//! There are three actions.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(on(insert))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
