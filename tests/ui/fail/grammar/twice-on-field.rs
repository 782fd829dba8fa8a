//! Also on a field.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id, id)]
    id: i64,
}

fn main() {}
