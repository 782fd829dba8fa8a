//! It does not change the model.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook(_: &mut Tweet) {}

fn main() {}
