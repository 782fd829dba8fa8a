//! A struct around one value is that value's text.

use pubsub_core::Payload;

#[derive(Payload)]
struct UserId(i64);

fn main() {}
