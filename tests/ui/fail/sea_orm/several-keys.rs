//! An item has one id.

use pubsub_core::Publish;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
#[sea_orm(table_name = "member")]
#[publish(sea_orm)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub club: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

fn main() {}
