//! The key of a map has that attribute.

use std::collections::BTreeMap;

use pubsub_core::Payload;

#[derive(Payload)]
struct Shop {
    #[publish(child)]
    prices: BTreeMap<String, Price>,
}

#[derive(Payload)]
struct Price {
    #[publish(attribute)]
    key: String,
}

fn main() {}
