//! The limit: the same two rows by hand, with sqlx and nothing else.
//!
//! Neither looks whether the row is there, nor numbers anything, nor could tell anybody.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pubsub_core::{Publish as _, Stamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Tweet;

const TABLES: &str = "
    CREATE TABLE tweet (
        pubsub_row INTEGER PRIMARY KEY, pubsub_item TEXT UNIQUE NOT NULL, pubsub_payload TEXT NOT NULL,
        id INTEGER, author TEXT, text TEXT
    );
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY, node_id INTEGER NOT NULL, sequence INTEGER NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL,
        action TEXT, model TEXT, origin TEXT, payload TEXT, created_at INTEGER NOT NULL, refusal TEXT,
        UNIQUE (node_id, sequence)
    );
    CREATE INDEX entry_parked ON entry (id) WHERE refusal IS NOT NULL;";

/// Saves a second, each in a transaction of its own on one connection that the tasks share.
pub(crate) async fn one_by_one(file: &Path, tasks: usize, turn: Duration) -> f64 {
    let shared = Arc::new(Mutex::new((open(file).await, 0)));
    let start = Instant::now();
    let savers = (0..tasks).map(|_| {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            while start.elapsed() < turn {
                let (connection, next) = &mut *shared.lock().await;
                let mut transaction = connection
                    .begin_with("BEGIN IMMEDIATE")
                    .await
                    .expect("a lock");
                write(&mut transaction, *next).await;
                transaction.commit().await.expect("a commit");
                *next += 1;
            }
        })
    });
    for saver in savers.collect::<Vec<_>>() {
        saver.await.expect("no panic");
    }
    let (connection, saved) = Arc::into_inner(shared)
        .expect("no task is left")
        .into_inner();
    let rate = per_second(saved, start);
    connection.close().await.expect("a file that closes");
    rate
}

/// Saves a second, with as many in one transaction as tasks wait: what the best hand-written queue could do.
pub(crate) async fn together(file: &Path, tasks: usize, turn: Duration) -> f64 {
    let mut connection = open(file).await;
    let (queue, mut queued) = mpsc::channel::<oneshot::Sender<()>>(tasks);
    let start = Instant::now();
    for _ in 0..tasks {
        let queue = queue.clone();
        tokio::spawn(async move {
            while start.elapsed() < turn {
                let (done, finished) = oneshot::channel();
                queue.send(done).await.expect("a queue");
                finished.await.expect("an answer");
            }
        });
    }
    drop(queue);
    let mut saved = 0;
    let mut waiting = Vec::with_capacity(tasks);
    while queued.recv_many(&mut waiting, tasks).await > 0 {
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .expect("a lock");
        for _ in &waiting {
            write(&mut transaction, saved).await;
            saved += 1;
        }
        transaction.commit().await.expect("a commit");
        for done in waiting.drain(..) {
            done.send(()).expect("whoever saves waits");
        }
    }
    let rate = per_second(saved, start);
    connection.close().await.expect("a file that closes");
    rate
}

async fn open(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
        .connect()
        .await
        .expect("a new file");
    sqlx::raw_sql(TABLES)
        .execute(&mut connection)
        .await
        .expect("tables");
    connection
}

async fn write(connection: &mut SqliteConnection, number: i64) {
    let tweet = Tweet::number(number);
    let item = number.to_string();
    let mut payload = String::new();
    tweet
        .encode_entry(&Stamp::default(), &mut payload)
        .expect("plain text");
    sqlx::query(
        "INSERT INTO tweet (pubsub_item, pubsub_payload, id, author, text) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (pubsub_item) DO UPDATE SET
             pubsub_payload = excluded.pubsub_payload, id = excluded.id, author = excluded.author, text = excluded.text",
    )
    .bind(&item)
    .bind(&payload)
    .bind(tweet.id)
    .bind(&tweet.author)
    .bind(&tweet.text)
    .execute(&mut *connection)
    .await
    .expect("a row");
    sqlx::query(
        "INSERT INTO entry (node_id, sequence, item, kind, action, model, origin, payload, created_at)
         VALUES (1, ?, ?, 'put', 'create', '/bench/Tweet', '0123456789abcdef', ?, 0)",
    )
    .bind(number)
    .bind(&item)
    .bind(&payload)
    .execute(&mut *connection)
    .await
    .expect("an entry");
}

fn per_second(saved: i64, start: Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' work")]
    let saved = saved as f64;
    saved / start.elapsed().as_secs_f64()
}
