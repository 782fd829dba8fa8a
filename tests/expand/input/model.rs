//! A model as it is written most of the time.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("user-{author}", "global"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
    reply_to: Option<i64>,
    tags: Vec<String>,
    #[publish(skip)]
    draft: Option<String>,
}

fn main() {}
