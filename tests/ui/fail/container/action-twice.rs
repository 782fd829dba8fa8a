//! Each once.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(on(create, create))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
