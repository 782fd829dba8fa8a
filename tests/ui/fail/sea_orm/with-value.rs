//! The word stands alone, and a mistyped one is recognised.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(sea_orm = true)]
struct Model {
    #[publish(id)]
    id: i64,
}

#[derive(Publish)]
#[publish(seaorm)]
struct Tweet {
    #[publish(id)]
    id: i64,
}

fn main() {}
