//! What a program with a store may rely on, through the public door: a real SQLite file, and our server.

#[path = "store/deletes.rs"]
mod deletes;
#[path = "store/hooks.rs"]
mod hooks;
#[path = "store/positions.rs"]
mod positions;
#[path = "store/reading.rs"]
mod reading;
#[path = "store/saving.rs"]
mod saving;
#[path = "store/starting.rs"]
mod starting;
#[path = "store/transactions.rs"]
mod transactions;

use std::time::Duration;

use pubsub_core::testing::Recorder;
use pubsub_core::{Event, PubSub, Publish, SubscribeError, Subscription};
use support::{Peer, within};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(channels("user-{author}"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
}

fn tweet(id: i64, text: &str) -> Tweet {
    Tweet {
        id,
        author: "ann".to_owned(),
        text: text.to_owned(),
    }
}

/// A directory with the database of one test, gone with the test.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.directory.path().join("a.db").display())
    }

    /// Rows and outbox without a server: what is delivered is in the recorder's book.
    async fn recorder(&self) -> Recorder {
        Recorder::with_store(&self.url()).await.unwrap()
    }

    /// A handle with the store, at a server.
    async fn connect(&self, url: &str) -> PubSub {
        let builder = PubSub::builder().url(url).unwrap();
        let builder = builder.store(&self.url()).unwrap();
        within(PATIENCE, builder.connect()).await.unwrap()
    }

    /// The user's own way to the same file.
    async fn pool(&self) -> sqlx::SqlitePool {
        sqlx::SqlitePool::connect(&self.url()).await.unwrap()
    }
}

/// A handle without a store.
async fn connect(peer: &Peer, user: &str) -> PubSub {
    let builder = PubSub::builder().url(&peer.url(user)).unwrap();
    within(PATIENCE, builder.connect()).await.unwrap()
}

async fn flush(pubsub: &PubSub) {
    assert!(pubsub.flush(PATIENCE).await, "the outbox was not delivered");
}

async fn next<T>(events: &mut Subscription<T>) -> Event<T> {
    match within(PATIENCE, events.next()).await.unwrap() {
        Ok(event) => event,
        Err(error) => panic!("{error}"),
    }
}

/// The next event, in short: `+1 text` or `-1 text`.
async fn told(events: &mut Subscription<Tweet>) -> String {
    match within(PATIENCE, events.next()).await.unwrap() {
        Ok(Event::Published { id, item, .. }) => format!("+{id} {}", item.text),
        Ok(Event::Retracted { id, last, .. }) => {
            format!("-{id} {}", last.map_or("?".to_owned(), |last| last.text))
        }
        Ok(other) => format!("{other:?}"),
        Err(SubscribeError::Gap { .. }) => "gap".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

async fn all_told(events: &mut Subscription<Tweet>, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(told(events).await);
    }
    all
}
