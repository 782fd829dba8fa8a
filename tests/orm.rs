//! The roads for programs that write their own rows: SeaORM, Diesel, sqlx, and a service that does so over HTTP.

#[path = "orm/diesel.rs"]
mod diesel_road;
#[path = "orm/entities.rs"]
mod entities;
#[path = "orm/http.rs"]
mod http;
#[path = "orm/outbox.rs"]
mod outbox;
#[path = "orm/programs.rs"]
mod programs;
#[path = "orm/rows.rs"]
mod rows;
#[path = "orm/sea_orm.rs"]
mod sea_orm_road;
#[path = "orm/shop.rs"]
mod shop;
#[path = "orm/types.rs"]
mod types;
