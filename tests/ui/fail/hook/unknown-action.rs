//! Actions are three.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save(on(saved))]
fn hook(_: &Tweet) {}

fn main() {}
