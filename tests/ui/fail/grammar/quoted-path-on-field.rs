//! The same on a field.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(with = "hex")]
    text: String,
}

fn main() {}
