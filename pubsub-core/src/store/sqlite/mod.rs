//! The store in an SQLite file.
//!
//! Knows how the file is opened, who may write and who delivers. The tables and statements are in `sql`.

mod claims;
mod connection;
mod file;
mod identity;
mod news;
mod trouble;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions as _, Sqlite};
use tokio::sync::Mutex;
use tokio::time::timeout;

use self::claims::Claims;
use self::identity::Identity;
use self::news::News;
pub(crate) use self::trouble::explain;
use super::file::real;
use super::sql::backend::{Backend, Claimed, Moment, Reading, Releasing, Turn};
use super::sql::connection::Connection;
use super::sql::dialect::Dialect;
use super::sql::explain as explain_any;
use super::sql::store::SqlStore;
use super::transaction::{Hold, Own};
use super::{Lane, Store, StoreError, StoreErrorKind, Transaction};
use crate::name::NodeName;

/// How the file is to be opened and kept.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) path: PathBuf,
    /// Whether a commit waits for the disk.
    pub(crate) is_synchronous: bool,
    /// How many delivered entries are kept.
    pub(crate) keep: u64,
    /// How long a write waits for others.
    pub(crate) patience: Duration,
}

/// Opens the file, and makes it where it is missing.
pub(crate) async fn open(settings: Settings) -> Result<Arc<dyn Store>, StoreError> {
    let options = file::options(&settings);
    open_with(settings, options).await
}

/// Finds out which file is meant, and refuses one that is none of ours. Nothing is made or changed.
pub(crate) async fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let place: Arc<str> = format!("sqlite:{}", path.display()).into();
    let resolved = async {
        let path = real(path)?;
        file::inspect(&path).await?;
        Ok(path)
    };
    resolved.await.map_err(|error: StoreError| error.at(&place))
}

/// Opens a store that is there, to look at it: nothing is made, and whatever would write is refused.
pub(crate) async fn look(settings: Settings) -> Result<Arc<dyn Store>, StoreError> {
    let place: Arc<str> = format!("sqlite:{}", settings.path.display()).into();
    let mut options = file::looking(&settings);
    let mut opened = look_with(&settings, &options, &place).await;
    // Where no file can be made beside it, SQLite cannot read a file with a journal of this kind, unless nobody else has it open.
    if opened.as_ref().is_err_and(|error| {
        matches!(
            error.kind(),
            StoreErrorKind::Unreachable | StoreErrorKind::ReadOnly
        )
    }) && !is_open(&settings.path)
    {
        options = options.immutable(true);
        opened = look_with(&settings, &options, &place).await;
    }
    let store = opened.map_err(|error| error.at(&place))?;
    Ok(Arc::new(store))
}

async fn look_with(
    settings: &Settings,
    options: &SqliteConnectOptions,
    place: &Arc<str>,
) -> Result<SqlStore, StoreError> {
    let database = Arc::new(Database::new(settings, options.clone())?);
    SqlStore::look(database, Arc::clone(place)).await
}

/// Whether a journal is beside the file, as it is while somebody has it open.
fn is_open(path: &Path) -> bool {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    Path::new(&journal).exists()
}

async fn open_with(
    settings: Settings,
    options: SqliteConnectOptions,
) -> Result<Arc<dyn Store>, StoreError> {
    let place: Arc<str> = format!("sqlite:{}", settings.path.display()).into();
    let opened = async {
        file::make(&settings.path)?;
        let database = Arc::new(Database::new(&settings, options.clone())?);
        // Beside the file more of them are needed.
        database.claims.make()?;
        let place = Arc::clone(&place);
        let store = SqlStore::start(database, place, settings.keep, settings.patience).await?;
        if let Err(error) = file::check_writable(options).await {
            store.close().await;
            return Err(error);
        }
        Ok(store)
    };
    let store = opened.await.map_err(|error| error.at(&place))?;
    Ok(Arc::new(store))
}

/// The file and the connections to it.
struct Database {
    path: PathBuf,
    options: SqliteConnectOptions,
    is_synchronous: bool,
    patience: Duration,
    /// Connections to read with.
    readers: SqlitePool,
    /// Connections for transactions of the program.
    writers: SqlitePool,
    /// Held by whoever writes, so that nobody of this process has to poll for the lock of the file.
    turn: Arc<Mutex<()>>,
    claims: Claims,
    news: Arc<News>,
    identity: Identity,
}

impl Database {
    /// The file is there.
    fn new(settings: &Settings, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        Ok(Self {
            identity: Identity::of(&settings.path)?,
            path: settings.path.clone(),
            is_synchronous: settings.is_synchronous,
            patience: settings.patience,
            readers: file::readers(&options, settings.patience),
            writers: file::writers(&options, settings.patience),
            turn: Arc::default(),
            claims: Claims::new(&settings.path),
            news: Arc::new(News::new(options.clone())),
            options,
        })
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(explain_any)
    }
}

impl Backend for Database {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn check(&self) -> Result<(), StoreError> {
        self.identity.check()
    }

    fn begin(&self, is_light: bool) -> &'static str {
        match (self.is_synchronous, is_light) {
            (false, _) => Dialect::Sqlite.begin(),
            (true, false) => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            (true, true) => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        }
    }

    fn writing(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, StoreError>> {
        Box::pin(async move {
            let connection = self.options.connect().await.map_err(explain_any)?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn turn(&self) -> BoxFuture<'_, Result<Turn, StoreError>> {
        Box::pin(async move {
            match timeout(self.patience, self.turn.clone().lock_owned()).await {
                Ok(turn) => Ok(Some(turn)),
                Err(_) => Err(StoreError::new(
                    StoreErrorKind::Busy,
                    format!(
                        "another transaction of this program has been open for {} s: commit it, \
                         or save in it with save_in instead of beside it",
                        self.patience.as_secs_f32()
                    ),
                )),
            }
        })
    }

    fn reading(&self, moment: Moment) -> BoxFuture<'_, Result<Box<dyn Reading>, StoreError>> {
        Box::pin(async move {
            Ok(match moment {
                Moment::Each => Box::new(self.reader().await?) as Box<dyn Reading>,
                Moment::Same => {
                    let transaction = self.readers.begin().await.map_err(explain_any)?;
                    Box::new(transaction)
                }
            })
        })
    }

    fn transaction(&self) -> BoxFuture<'_, Result<Transaction, StoreError>> {
        Box::pin(async move {
            let turn = self.turn().await?;
            let begin = Dialect::Sqlite.begin();
            let begun = self.writers.begin_with(begin).await.map_err(explain_any)?;
            let news = self.news.clone();
            let hold = OpenTransaction { news, _turn: turn };
            Ok(Transaction::new(Own::Sqlite(begun), Box::new(hold)))
        })
    }

    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Claimed, StoreError>> {
        Box::pin(async move {
            if !self.claims.take_over()? {
                return Ok(Claimed::default());
            }
            let mut connection = self.reader().await?;
            self.claims.claim(&mut *connection, most).await
        })
    }

    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>> {
        Box::pin(async move {
            if !self.claims.take_over()? {
                return Ok(Vec::new());
            }
            let mut connection = self.reader().await?;
            self.claims.remembered(&mut *connection, after, most).await
        })
    }

    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.claims.withdraw().await;
            Ok(())
        })
    }

    fn owner(&self) -> Option<i64> {
        None
    }

    fn is_claimed(&self, lane: i64) -> bool {
        self.claims.is_claimed(lane)
    }

    fn releasing(&self) -> BoxFuture<'_, Box<dyn Releasing + '_>> {
        Box::pin(async move { Box::new(self.claims.releasing().await) as Box<dyn Releasing + '_> })
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.news.wait(&self.claims))
    }

    fn committed(&self) {
        self.news.tell();
    }

    fn expect_news(&self) {
        self.news.expect();
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.news.close().await;
            self.readers.close().await;
            // The last connection that is closed moves everything into the file itself.
            self.writers.close().await;
            self.claims.close();
        })
    }
}

/// What lasts as long as a transaction of the program.
struct OpenTransaction {
    news: Arc<News>,
    _turn: Turn,
}

impl Hold for OpenTransaction {
    fn committed(&self) {
        self.news.tell();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
