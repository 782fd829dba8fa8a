//! Also for the configuration of the node.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(persist = true, persist = false)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
