//! A model has fields.

use pubsub_core::Publish;

#[derive(Publish)]
struct Id(i64);

fn main() {}
