//! Templates are text.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels(all))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
