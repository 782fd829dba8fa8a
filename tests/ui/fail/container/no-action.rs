//! Publishing nothing is not what the derive is for.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(on())]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
