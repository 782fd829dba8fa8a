//! A model of SeaORM: its node and element are named after the table, its primary key is the id.

use pubsub_core::Publish;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
#[sea_orm(table_name = "blog_post")]
#[publish(sea_orm, channels("blog-{author}"))]
pub struct Model {
    #[sea_orm(primary_key)]
    id: i64,
    author: String,
    #[sea_orm(column_type = "Text")]
    text: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

fn main() {}
