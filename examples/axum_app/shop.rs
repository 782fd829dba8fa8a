//! The tables of the shop, and what may be done to them: each a transaction, in which the change and what is told of it become durable together.
//!
//! Knows SQL. Does not know HTTP.

use std::str::FromStr as _;
use std::time::Duration;

use pubsub_core::{Action, PubSub, Publish};
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{FromRow, PgPool, SqlitePool};

use crate::problem::Problem;

/// Something to buy, in a table of ours: the store keeps no rows of it. Everybody who listens to `/shop/Product` knows how many are left.
#[derive(Debug, Clone, Serialize, FromRow, Publish)]
#[publish(
    node = "/shop/Product",
    title = "What is to be had",
    access = "open",
    stored = false
)]
pub struct Product {
    #[publish(id)]
    pub id: i64,
    pub name: String,
    /// In cents.
    pub price: i64,
    pub stock: i64,
}

/// Something bought. The customer has a channel.
#[derive(Debug, Clone, Serialize, FromRow, Publish)]
#[publish(node = "/shop/Order", channels("customer-{customer}"), stored = false)]
pub struct Order {
    #[publish(id)]
    pub id: i64,
    pub product: i64,
    pub quantity: i64,
    pub customer: String,
}

/// A product that is not known yet.
#[derive(Debug)]
pub struct NewProduct {
    pub name: String,
    pub price: i64,
    pub stock: i64,
}

/// An order that is not taken yet.
#[derive(Debug)]
pub struct NewOrder {
    pub product: i64,
    pub quantity: i64,
    pub customer: String,
}

/// Which orders are asked for.
#[derive(Debug)]
pub struct Wanted {
    pub customer: Option<String>,
    /// Those after this one.
    pub after: i64,
    pub limit: i64,
}

/// The shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shop {
    database: Database,
    pubsub: PubSub,
}

#[derive(Debug, Clone)]
enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The same code, compiled for either database.
macro_rules! on {
    ($database:expr, $pool:ident => $code:expr) => {
        match &$database {
            Database::Sqlite($pool) => $code,
            Database::Postgres($pool) => $code,
        }
    };
}

/// The same code in a transaction of either database. It answers with its result and with what it had published; an error, or a future that is dropped,
/// takes everything back. A transaction of SQLite that is going to write says so at once, or it may be refused later.
macro_rules! in_transaction {
    ($shop:expr, $transaction:ident => $code:expr) => {
        match &$shop.database {
            Database::Sqlite(pool) => {
                let mut $transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let (result, published) = $code;
                $transaction.commit().await?;
                for published in published {
                    drop(published.committed());
                }
                Ok(result)
            }
            Database::Postgres(pool) => {
                let mut $transaction = pool.begin().await?;
                let (result, published) = $code;
                $transaction.commit().await?;
                for published in published {
                    drop(published.committed());
                }
                Ok(result)
            }
        }
    };
}

impl Shop {
    /// Opens the database, which is that of the store as well, and makes the tables that are missing.
    pub async fn open(url: &str, pubsub: PubSub) -> Result<Self, sqlx::Error> {
        let patience = Duration::from_secs(10);
        let (database, serial) = if url.starts_with("postgres") {
            let options = PgPoolOptions::new().acquire_timeout(patience);
            let pool = options.connect(url).await?;
            (
                Database::Postgres(pool),
                "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            )
        } else {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(patience);
            let pool = SqlitePoolOptions::new()
                .acquire_timeout(patience)
                .connect_with(options)
                .await?;
            (Database::Sqlite(pool), "INTEGER PRIMARY KEY AUTOINCREMENT")
        };
        let tables = format!(
            "CREATE TABLE IF NOT EXISTS shop_product (
                id {serial}, name TEXT NOT NULL UNIQUE, price BIGINT NOT NULL, stock BIGINT NOT NULL CHECK (stock >= 0)
            );
            CREATE TABLE IF NOT EXISTS shop_order (
                id {serial}, product BIGINT NOT NULL REFERENCES shop_product (id), quantity BIGINT NOT NULL, customer TEXT NOT NULL
            );
            CREATE INDEX IF NOT EXISTS shop_order_of ON shop_order (customer, id)"
        );
        on!(database, pool => sqlx::raw_sql(sqlx::AssertSqlSafe(tables)).execute(pool).await.map(drop))?;
        Ok(Self { database, pubsub })
    }

    /// Waits for what is under way.
    pub async fn close(&self) {
        on!(self.database, pool => pool.close().await);
    }

    /// Everything that is sold.
    pub async fn products(&self) -> Result<Vec<Product>, Problem> {
        let select = "SELECT id, name, price, stock FROM shop_product ORDER BY id";
        on!(self.database, pool => Ok(sqlx::query_as(select).fetch_all(pool).await?))
    }

    /// Takes a product on, or says that it is there already.
    pub async fn add(&self, new: NewProduct) -> Result<Product, Problem> {
        let NewProduct { name, price, stock } = new;
        in_transaction!(self, transaction => {
            let insert = "INSERT INTO shop_product (name, price, stock) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id, name, price, stock";
            let insert = sqlx::query_as(insert).bind(&name).bind(price).bind(stock);
            let product: Option<Product> = insert.fetch_optional(&mut *transaction).await?;
            let product = product.ok_or_else(|| Problem::Conflict(format!("there is a product called {name:?} already")))?;
            let told = self.pubsub.publish_in(&mut transaction, &product, Action::Create).await?;
            (product, [told])
        })
    }

    /// Sells: fewer are left, and there is an order, or neither.
    pub async fn sell(&self, new: NewOrder) -> Result<Order, Problem> {
        let NewOrder {
            product,
            quantity,
            customer,
        } = new;
        in_transaction!(self, transaction => {
            let take = "UPDATE shop_product SET stock = stock - $1 WHERE id = $2 AND stock >= $1 RETURNING id, name, price, stock";
            let take = sqlx::query_as(take).bind(quantity).bind(product);
            let left: Option<Product> = take.fetch_optional(&mut *transaction).await?;
            let Some(left) = left else {
                let look = sqlx::query_scalar("SELECT stock FROM shop_product WHERE id = $1").bind(product);
                let stock: Option<i64> = look.fetch_optional(&mut *transaction).await?;
                return Err(match stock {
                    Some(stock) => Problem::Conflict(format!("there are {stock} left")),
                    None => Problem::Invalid(format!("there is no product {product}")),
                });
            };
            let insert = "INSERT INTO shop_order (product, quantity, customer) VALUES ($1, $2, $3) RETURNING id, product, quantity, customer";
            let insert = sqlx::query_as(insert).bind(product).bind(quantity).bind(&customer);
            let order: Order = insert.fetch_one(&mut *transaction).await?;
            let told = [
                self.pubsub.publish_in(&mut transaction, &order, Action::Create).await?,
                self.pubsub.publish_in(&mut transaction, &left, Action::Update).await?,
            ];
            (order, told)
        })
    }

    /// Takes an order back. Whoever hears of it gets it as it was.
    pub async fn cancel(&self, id: i64) -> Result<(), Problem> {
        in_transaction!(self, transaction => {
            let delete = "DELETE FROM shop_order WHERE id = $1 RETURNING id, product, quantity, customer";
            let order: Option<Order> = sqlx::query_as(delete).bind(id).fetch_optional(&mut *transaction).await?;
            let order = order.ok_or(Problem::NotFound)?;
            let give = "UPDATE shop_product SET stock = stock + $1 WHERE id = $2 RETURNING id, name, price, stock";
            let give = sqlx::query_as(give).bind(order.quantity).bind(order.product);
            let product: Product = give.fetch_one(&mut *transaction).await?;
            let told = [
                self.pubsub.publish_in(&mut transaction, &order, Action::Delete).await?,
                self.pubsub.publish_in(&mut transaction, &product, Action::Update).await?,
            ];
            ((), told)
        })
    }

    /// One order.
    pub async fn order(&self, id: i64) -> Result<Order, Problem> {
        let select = "SELECT id, product, quantity, customer FROM shop_order WHERE id = $1";
        let order =
            on!(self.database, pool => sqlx::query_as(select).bind(id).fetch_optional(pool).await?);
        order.ok_or(Problem::NotFound)
    }

    /// Orders, oldest first.
    pub async fn orders(&self, wanted: &Wanted) -> Result<Vec<Order>, Problem> {
        let Wanted {
            customer,
            after,
            limit,
        } = wanted;
        let select = "SELECT id, product, quantity, customer FROM shop_order WHERE ($1 IS NULL OR customer = $1) AND id > $2 ORDER BY id LIMIT $3";
        on!(self.database, pool => Ok(sqlx::query_as(select).bind(customer).bind(after).bind(limit).fetch_all(pool).await?))
    }
}
