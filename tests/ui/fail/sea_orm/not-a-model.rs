//! SeaORM knows its models by their name.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(sea_orm)]
struct Tweet {
    #[publish(id)]
    id: i64,
}

fn main() {}
