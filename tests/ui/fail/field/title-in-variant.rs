//! Nor is a variant.

use pubsub_core::Payload;

#[derive(Payload)]
enum Media {
    Photo {
        #[publish(title)]
        text: String,
    },
}

fn main() {}
