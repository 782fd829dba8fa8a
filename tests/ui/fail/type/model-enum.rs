//! An enum is no model.

use pubsub_core::Publish;

#[derive(Publish)]
enum Event {
    Started,
}

fn main() {}
