//! Nor names.

use pubsub_core::Payload;

#[derive(Payload)]
#[publish(rename_all = "lowercase")]
struct Id(i64);

fn main() {}
