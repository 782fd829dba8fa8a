//! Access models are those of XEP-0060.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(access = "public")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
