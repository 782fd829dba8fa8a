//! The same on a field; with nothing near, all words are listed.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(zzz)]
    text: String,
}

fn main() {}
