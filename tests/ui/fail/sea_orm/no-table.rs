//! All models of SeaORM have one name.

use pubsub_core::Publish;
use sea_orm::entity::prelude::*;

mod post {
    use super::*;

    #[derive(Debug, Clone, PartialEq, DeriveModel, DeriveActiveModel, Publish)]
    #[publish(sea_orm)]
    pub struct Model {
        #[publish(id)]
        pub id: i64,
    }
}

fn main() {}
