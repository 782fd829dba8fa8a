//! A word at the wrong level says where it belongs.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(id)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
