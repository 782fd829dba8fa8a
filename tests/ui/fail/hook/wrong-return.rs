//! It answers with nothing or a Result.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn hook(_: &Tweet) -> bool {
    true
}

fn main() {}
