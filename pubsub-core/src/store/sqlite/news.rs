//! When there may be something new to deliver: at once after a commit of this process, soon after one of another.
//!
//! Knows how SQLite tells that somebody else has written. Does not know what was written.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use super::claims::Claims;
use crate::store::StoreError;
use crate::store::sql::connection::Connection;
use crate::store::sql::dialect::Dialect;
use crate::store::sql::explain;
use crate::store::sql::statement::Statement;

/// How often to look what others have done.
const LOOK: Duration = Duration::from_millis(50);
/// How often while a transaction of the program is expected to be committed.
const LOOK_SOON: Duration = Duration::from_millis(5);
/// How many times to look so often.
const SOON: u32 = 200;
/// After how many looks a process that does not deliver asks whether it may.
const ASK: u32 = 10;

/// The news of a file.
#[derive(Debug)]
pub(super) struct News {
    options: SqliteConnectOptions,
    /// Told of commits of this process.
    told: Notify,
    /// Told that a commit is expected.
    expecting: Notify,
    /// How many times to look often.
    soon: AtomicU32,
    looks: AtomicU32,
    /// What SQLite said last; it says something else after a commit of anybody.
    version: AtomicI64,
    connection: Mutex<Option<SqliteConnection>>,
    is_closed: AtomicBool,
}

impl News {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self {
            options: options.pragma("query_only", "ON"),
            told: Notify::new(),
            expecting: Notify::new(),
            soon: AtomicU32::new(0),
            looks: AtomicU32::new(0),
            version: AtomicI64::new(0),
            connection: Mutex::default(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// There are.
    pub(super) fn tell(&self) {
        self.told.notify_one();
    }

    /// There will be, and nobody will tell.
    pub(super) fn expect(&self) {
        self.soon.store(SOON, Ordering::Release);
        self.expecting.notify_one();
    }

    pub(super) async fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        if let Some(connection) = self.connection.lock().await.take() {
            Box::new(connection).close().await;
        }
    }

    /// Waits for news.
    pub(super) async fn wait(&self, claims: &Claims) {
        loop {
            let soon = self.soon.load(Ordering::Acquire);
            let pause = if soon > 0 { LOOK_SOON } else { LOOK };
            let told = async {
                tokio::select! {
                    biased;
                    () = self.told.notified() => true,
                    () = self.expecting.notified() => false,
                }
            };
            match timeout(pause, told).await {
                Ok(true) => return,
                Ok(false) => continue,
                Err(_) => {}
            }
            self.soon.store(soon.saturating_sub(1), Ordering::Release);
            if self.looks.fetch_add(1, Ordering::AcqRel) % ASK == ASK - 1
                && claims.is_waiting()
                && claims.take_over().unwrap_or(false)
            {
                return;
            }
            match self.look().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(%error, "cannot see whether the store has changed");
                    // The next look is through another connection.
                    *self.connection.lock().await = None;
                }
            }
        }
    }

    /// Whether anybody has written since the last look.
    async fn look(&self) -> Result<bool, StoreError> {
        let mut kept = self.connection.lock().await;
        if self.is_closed.load(Ordering::Acquire) {
            return Ok(false);
        }
        let connection = match &mut *kept {
            Some(connection) => connection,
            None => kept.insert(self.options.connect().await.map_err(explain)?),
        };
        let mut version = 0;
        let question = Statement::new(Dialect::Sqlite, "PRAGMA data_version");
        connection
            .fetch(question, &mut |row| {
                version = row.some_integer(0)?;
                Ok(())
            })
            .await?;
        // Nothing is awaited from here to the answer, so that it is not lost.
        Ok(self.version.swap(version, Ordering::AcqRel) != version)
    }
}
