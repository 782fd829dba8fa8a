//! The store in PostgreSQL, on a server of the tests' own: it does what the store in SQLite does, and several processes share it.

#[path = "postgres/alike.rs"]
mod alike;
#[path = "postgres/failing.rs"]
mod failing;
#[path = "postgres/held.rs"]
mod held;
#[path = "postgres/joining.rs"]
mod joining;
#[path = "postgres/model.rs"]
mod model;
#[path = "postgres/queries.rs"]
mod queries;
#[path = "postgres/sharing.rs"]
mod sharing;
