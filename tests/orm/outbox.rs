//! A database with an outbox and nobody who takes from it, so that what was written can be read.

use std::path::PathBuf;
use std::sync::Arc;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use support::PostgresServer;
use tempfile::TempDir;

const SQLITE: &str = include_str!("../../pubsub-core/src/store/sql/migration/sqlite_1.sql");
const POSTGRES: &str = include_str!("../../pubsub-core/src/store/sql/migration/postgres_1.sql");

/// Every test for each database.
macro_rules! on_databases {
    ($($test:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::outbox::Outbox::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::outbox::Outbox::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_databases;

/// One entry, as it would be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub node: String,
    pub item: String,
    pub kind: String,
    /// Empty where it is not known.
    pub action: String,
    /// Empty where there is none.
    pub payload: String,
}

impl Told {
    /// All but the payload, in one line.
    pub fn line(&self) -> String {
        let Self {
            node,
            item,
            kind,
            action,
            ..
        } = self;
        format!("{node} {item} {kind} {action}")
            .trim_end()
            .to_owned()
    }
}

/// A database, with or without an outbox.
#[derive(Debug)]
pub enum Outbox {
    Sqlite(TempDir),
    /// The URL of a database, and the server that has it.
    Postgres(
        String,
        #[expect(dead_code, reason = "held until the end of the test")] Arc<PostgresServer>,
    ),
}

impl Outbox {
    /// An SQLite file that nobody has prepared.
    pub fn sqlite() -> Self {
        Self::Sqlite(TempDir::new().unwrap())
    }

    /// An empty database of a PostgreSQL server.
    pub async fn postgres() -> Self {
        let server = PostgresServer::shared().await;
        Self::Postgres(server.database().await, server)
    }

    /// Makes the outbox.
    pub async fn prepare(&self) {
        let db = self.connect().await;
        let tables = match self {
            Self::Sqlite(_) => format!("PRAGMA journal_mode = WAL; {SQLITE}"),
            Self::Postgres(..) => POSTGRES.to_owned(),
        };
        db.execute_unprepared(&tables).await.unwrap();
    }

    /// The file, of SQLite.
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(directory) => directory.path().join("store.db"),
            Self::Postgres(url, _) => panic!("{url} is no file"),
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite://{}", self.file().display()),
            Self::Postgres(url, _) => url.clone(),
        }
    }

    /// SeaORM's connections to it.
    pub async fn connect(&self) -> DatabaseConnection {
        let url = match self {
            Self::Sqlite(_) => format!("{}?mode=rwc", self.url()),
            Self::Postgres(..) => self.url(),
        };
        Database::connect(ConnectOptions::new(url)).await.unwrap()
    }

    /// What was told so far, in the order of commits.
    pub async fn told(&self) -> Vec<Told> {
        let db = self.connect().await;
        let question = "SELECT n.node, e.item, e.kind, e.action, e.payload FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id ORDER BY e.id";
        let statement = Statement::from_string(db.get_database_backend(), question);
        let rows = db.query_all_raw(statement).await.unwrap();
        let told = rows.iter().map(|row| Told {
            node: row.try_get("", "node").unwrap(),
            item: row.try_get("", "item").unwrap(),
            kind: row.try_get("", "kind").unwrap(),
            action: or_nothing(row, "action"),
            payload: or_nothing(row, "payload"),
        });
        told.collect()
    }

    /// The same, a line each.
    pub async fn lines(&self) -> Vec<String> {
        self.told().await.iter().map(Told::line).collect()
    }
}

fn or_nothing(row: &QueryResult, column: &str) -> String {
    row.try_get::<Option<String>>("", column)
        .unwrap()
        .unwrap_or_default()
}

/// A transaction that is sure to be able to write.
pub async fn begin(db: &DatabaseConnection) -> DatabaseTransaction {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await.unwrap()
}
