//! The condition takes the model.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(when = is_public)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn is_public(tweet: &str) -> bool {
    !tweet.is_empty()
}

fn main() {}
