//! Payloads inside payloads: as an element, as many, in place of a field, under keys.

use std::collections::BTreeMap;

use pubsub_core::Payload;

#[derive(Payload)]
struct Order {
    #[publish(attribute)]
    number: u32,
    #[publish(child)]
    address: Address,
    #[publish(child)]
    lines: Vec<Line>,
    #[publish(flatten)]
    audit: Audit,
    prices: BTreeMap<String, f64>,
}

#[derive(Payload)]
struct Address {
    city: String,
}

#[derive(Payload)]
struct Line {
    text: String,
}

#[derive(Payload)]
struct Audit {
    changed_by: String,
}

fn main() {}
