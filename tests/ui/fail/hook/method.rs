//! It is a free function.

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

impl Tweet {
    #[after_save]
    fn hook(&self) {}
}

fn main() {}
