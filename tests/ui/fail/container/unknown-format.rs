//! There are three formats.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "protobuf")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
