//! A name with a line break is no name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(node = "a\nb")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
