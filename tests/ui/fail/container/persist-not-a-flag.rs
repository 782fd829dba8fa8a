//! Yes or no.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(persist = 1)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
