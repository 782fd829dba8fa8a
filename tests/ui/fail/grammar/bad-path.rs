//! A number is no path.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(when = 5)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
