//! A time is no number.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(updated)]
    at: i64,
}

fn main() {}
