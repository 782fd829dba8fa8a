//! Also when a rule makes them the same.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(rename_all = "lowercase")]
struct Tweet {
    a_b: String,
    ab: String,
}

fn main() {}
