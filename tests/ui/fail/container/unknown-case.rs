//! Case rules have names.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(rename_all = "SpongeCase")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
