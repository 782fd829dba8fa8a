//! Without SeaORM's own derive there is no active model.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(sea_orm, node = "/tweets")]
struct Model {
    #[publish(id)]
    id: i64,
}

fn main() {}
