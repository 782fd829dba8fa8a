//! It is for one model.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook<M: Publish>(_: &M) {}

fn main() {}
