//! By hand: a row and an entry of an outbox, in one transaction of sqlx, on a connection of a pool.
//!
//! Neither looks whether the row is there, nor numbers anything, nor wakes anybody.

use pubsub_core::{Publish as _, Stamp};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::Tweet;

const TABLES: &str = "
    CREATE TABLE tweet (id BIGINT PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, payload TEXT NOT NULL);
    CREATE TABLE outbox (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        node TEXT NOT NULL, item TEXT NOT NULL, payload TEXT NOT NULL
    );";
/// More do not help on a small machine.
const MOST_CONNECTIONS: usize = 32;

pub(crate) async fn open(database: &str, tasks: usize) -> PgPool {
    let connections = u32::try_from(tasks.min(MOST_CONNECTIONS)).expect("few");
    let pool = PgPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .connect(database)
        .await
        .expect("a server");
    sqlx::raw_sql(TABLES).execute(&pool).await.expect("tables");
    pool
}

pub(crate) async fn save(pool: PgPool, id: i64) {
    let tweet = Tweet::number(id);
    let mut payload = String::new();
    tweet
        .encode_entry(&Stamp::default(), &mut payload)
        .expect("plain text");
    let mut transaction = pool.begin().await.expect("a transaction");
    sqlx::query(
        "INSERT INTO tweet VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE
         SET author = excluded.author, text = excluded.text, payload = excluded.payload",
    )
    .bind(tweet.id)
    .bind(&tweet.author)
    .bind(&tweet.text)
    .bind(&payload)
    .execute(&mut *transaction)
    .await
    .expect("a row");
    sqlx::query("INSERT INTO outbox (node, item, payload) VALUES ($1, $2, $3)")
        .bind("/bench/Tweet")
        .bind(id.to_string())
        .bind(&payload)
        .execute(&mut *transaction)
        .await
        .expect("an entry");
    transaction.commit().await.expect("a commit");
}
