//! serde must know the type.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "json")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
