//! Not above four thousand million.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(max_items = 5000000000)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
