//! At two things at most.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook(_: &Tweet, _: pubsub_core::Action, _: i32) {}

fn main() {}
