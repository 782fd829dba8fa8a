//! A near miss is recognised.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(rename_all = "camelcase")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
