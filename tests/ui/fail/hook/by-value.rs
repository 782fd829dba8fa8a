//! It does not own the model.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook(_: Tweet) {}

fn main() {}
