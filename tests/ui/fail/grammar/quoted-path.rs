//! Paths are not quoted, unlike in serde.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(when = "is_public")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
