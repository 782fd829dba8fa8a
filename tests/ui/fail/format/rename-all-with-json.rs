//! serde names the fields.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "json", rename_all = "camelCase")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
