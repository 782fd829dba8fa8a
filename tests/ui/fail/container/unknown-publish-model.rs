//! So are publish models.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(publish_model = "everyone")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
