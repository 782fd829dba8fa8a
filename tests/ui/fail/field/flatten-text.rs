//! Only fields can stand in place of a field.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(flatten)]
    state: State,
}

#[derive(pubsub_core::Payload)]
enum State {
    Open,
    Closed,
}

fn main() {}
