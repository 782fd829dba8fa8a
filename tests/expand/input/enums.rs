//! Enums: without data they are text, with data an element named after the variant.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(rename_all = "lowercase")]
enum State {
    Open,
    Closed,
}

#[derive(Payload)]
enum Media {
    Photo {
        #[publish(attribute)]
        width: u32,
        url: String,
    },
    Link(String),
    Nothing,
}

fn main() {}
