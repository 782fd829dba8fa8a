//! With nothing near, it says what to name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(channels("user-{zzz}"))]
struct Tweet {
    author: String,
}

fn main() {}
