//! A hook does not wait.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
async fn hook(_: &Tweet) {}

fn main() {}
