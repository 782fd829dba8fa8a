//! Its words are few.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save(ordr = 1)]
fn hook(_: &Tweet) {}

fn main() {}
