//! A behaviour of its own takes the place of the generated one.

use pubsub_core::Publish;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
#[sea_orm(table_name = "post")]
#[publish(sea_orm)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn main() {}
