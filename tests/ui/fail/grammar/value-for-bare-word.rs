//! A word that stands alone takes no value.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(id = true)]
    id: i64,
}

fn main() {}
