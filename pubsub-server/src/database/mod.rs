//! What the server keeps of people: one SQLite file in the directory of its data, beside the nodes. Each part of the server that keeps something there
//! has tables of its own and an ordered list of migrations. Knows files, transactions and versions; not what is kept.
//!
//! Other processes may use the file while a server runs, as `pubsub user` does. That there is one server only is seen to by the lock of
//! [`DiskStorage`](crate::DiskStorage).

mod migrations;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::storage::{DATABASE, check_directory, note_people};

/// How long a change waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to the file. One writes at a time, all may read.
const CONNECTIONS: u32 = 5;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The directory cannot be used: what stands in the way, and what to do.
    #[error("{0}")]
    Directory(String),
    /// There is no file.
    #[error("there is no {}; accounts are made by `pubsub user add --data DIR`, or by a server with --data DIR", .0.display())]
    Missing(PathBuf),
    /// The file cannot be made or opened.
    #[error("{} cannot be opened", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A later version has written to it.
    #[error(
        "{}: \"{part}\" is in version {found}, and this program knows {known}; use the version that wrote it, or another directory",
        .path.display()
    )]
    Later {
        /// The file.
        path: PathBuf,
        /// Whose tables.
        part: String,
        /// The version of the tables.
        found: i64,
        /// The last version that is known.
        known: i64,
    },
    /// SQLite says no.
    #[error("{}: {source}", .path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
}

/// The open file. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Database {
    pool: SqlitePool,
    path: PathBuf,
}

impl Database {
    /// Opens the file in a directory of data, and makes both where they are missing.
    ///
    /// # Errors
    ///
    /// When the directory holds something else or is of a later version, or the file cannot be made, opened or read.
    pub async fn open(directory: impl AsRef<Path>) -> Result<Self, DatabaseError> {
        let directory = directory.as_ref();
        check_directory(directory).map_err(|error| DatabaseError::Directory(error.to_string()))?;
        let path = directory.join(DATABASE);
        make(&path).map_err(|source| DatabaseError::Open {
            path: path.clone(),
            source,
        })?;
        let database = Self::connect(path).await?;
        note_people(directory).map_err(|source| DatabaseError::Open {
            path: directory.to_owned(),
            source,
        })?;
        Ok(database)
    }

    /// Opens the file in a directory of data, if there is one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`DatabaseError::Missing`].
    pub async fn existing(directory: impl AsRef<Path>) -> Result<Self, DatabaseError> {
        let path = directory.as_ref().join(DATABASE);
        if path.is_file() {
            Self::open(directory).await
        } else {
            Err(DatabaseError::Missing(path))
        }
    }

    async fn connect(path: PathBuf) -> Result<Self, DatabaseError> {
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(|source| DatabaseError::Sqlite {
                path: path.clone(),
                source,
            })?;
        Ok(Self { pool, path })
    }

    /// Brings the tables of one part of the server to the version that this program knows: `migrations` are scripts, of which the first makes version 1
    /// of nothing, and each further one the next version. What is released is never changed, only added to.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Later`] when a later program has been there; nothing was changed then.
    pub async fn migrate(
        &self,
        part: &str,
        migrations: &'static [&'static str],
    ) -> Result<(), DatabaseError> {
        self::migrations::run(self, part, migrations).await
    }

    /// Connections to the file. Begin what writes with `begin_with("BEGIN IMMEDIATE")`: it waits for its turn then instead of failing in the middle.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file once nobody uses it any more.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn failed(&self, source: sqlx::Error) -> DatabaseError {
        DatabaseError::Sqlite {
            path: self.path.clone(),
            source,
        }
    }
}

/// An empty file that nobody else may read. SQLite gives the files beside it the same rights.
fn make(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}
