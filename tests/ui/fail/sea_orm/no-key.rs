//! What was changed or deleted must be said.

use pubsub_core::Publish;
use sea_orm::entity::prelude::*;

mod post {
    use super::*;

    #[derive(Debug, Clone, PartialEq, DeriveModel, DeriveActiveModel, Publish)]
    #[publish(sea_orm, node = "/posts")]
    pub struct Model {
        pub text: String,
    }
}

fn main() {}
