//! The roads for programs that write their own rows: SeaORM, Diesel, sqlx, and a service that does so over HTTP.

#[path = "orm/entities.rs"]
mod entities;
#[path = "orm/outbox.rs"]
mod outbox;
#[path = "orm/rows.rs"]
mod rows;
#[path = "orm/sea_orm.rs"]
mod sea_orm_road;
#[path = "orm/types.rs"]
mod types;
