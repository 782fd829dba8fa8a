//! Order is a number.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save(order = "first")]
fn hook(_: &Tweet) {}

fn main() {}
