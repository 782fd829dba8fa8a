//! A database with an outbox and nobody who takes from it, so that what was written can be read.

use std::path::PathBuf;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tempfile::TempDir;

const TABLES: &str = include_str!("../../pubsub-core/src/store/sql/migration/sqlite_1.sql");

/// One entry, as it would be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub node: String,
    pub item: String,
    pub kind: String,
    pub action: String,
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
    }
}

/// A database file with an outbox.
#[derive(Debug)]
pub struct Outbox {
    directory: TempDir,
}

impl Outbox {
    /// Makes one.
    pub async fn new() -> Self {
        let outbox = Self::without_tables();
        let db = outbox.connect().await;
        db.execute_unprepared("PRAGMA journal_mode = WAL")
            .await
            .unwrap();
        db.execute_unprepared(TABLES).await.unwrap();
        outbox
    }

    /// A database file that nobody has prepared.
    pub fn without_tables() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    /// SeaORM's connections to it.
    pub async fn connect(&self) -> DatabaseConnection {
        let url = format!("sqlite:{}?mode=rwc", self.file().display());
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
            action: row.try_get("", "action").unwrap(),
            payload: row.try_get("", "payload").unwrap(),
        });
        told.collect()
    }

    /// The same, a line each.
    pub async fn lines(&self) -> Vec<String> {
        self.told().await.iter().map(Told::line).collect()
    }
}

/// A transaction that is sure to be able to write.
pub async fn begin(db: &DatabaseConnection) -> DatabaseTransaction {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await.unwrap()
}
