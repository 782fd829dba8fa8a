//! And was updated once.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(updated)]
    a: std::time::SystemTime,
    #[publish(updated)]
    b: std::time::SystemTime,
}

fn main() {}
