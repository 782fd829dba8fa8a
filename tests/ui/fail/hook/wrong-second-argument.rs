//! The second argument is the action.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook(_: &Tweet, _: i32) {}

fn main() {}
