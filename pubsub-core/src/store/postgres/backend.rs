//! PostgreSQL as the rest of the store knows it.
//!
//! Knows which session serves what. Does not know statements.

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres as Database, Transaction as Begun};
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claims;
use super::connection::Watched;
use super::news::News;
use super::session::{Purpose, Sessions};
use crate::name::NodeName;
use crate::store::sql::backend::{Backend, Claimed, Moment, Reading, Releasing, Turn};
use crate::store::sql::connection::Connection;
use crate::store::sql::dialect::Dialect;
use crate::store::sql::explain;
use crate::store::transaction::{Hold, Own};
use crate::store::{Lane, StoreError, Transaction};

/// On top of the time that a statement may wait for others.
const ANSWERING: Duration = Duration::from_secs(30);

/// A database of a PostgreSQL server.
#[derive(Debug)]
pub(super) struct Postgres {
    sessions: Sessions,
    readers: PgPool,
    transactions: PgPool,
    claims: Claims,
    news: Arc<News>,
}

impl Postgres {
    pub(super) fn new(sessions: Sessions) -> Self {
        Self {
            readers: sessions.readers(),
            transactions: sessions.transactions(),
            claims: Claims::new(sessions.clone()),
            news: Arc::new(News::new()),
            sessions,
        }
    }
}

impl Backend for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn begin(&self, is_light: bool) -> &'static str {
        // Whoever holds a node for longer than a moment, be it a program that thinks in its transaction, does not hold everybody.
        if is_light {
            "BEGIN; SET LOCAL lock_timeout = 50; SET LOCAL synchronous_commit = off"
        } else {
            "BEGIN; SET LOCAL lock_timeout = 50"
        }
    }

    fn writing(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, StoreError>> {
        Box::pin(async move {
            let connection = self.sessions.open(Purpose::Writing).await?;
            let limit = self.sessions.patience + ANSWERING;
            Ok(Box::new(Watched::new(connection, limit)) as Box<dyn Connection>)
        })
    }

    /// Whoever writes waits for those who write the same, in the database.
    fn turn(&self) -> BoxFuture<'_, Result<Turn, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn reading(&self, moment: Moment) -> BoxFuture<'_, Result<Box<dyn Reading>, StoreError>> {
        Box::pin(async move {
            Ok(match moment {
                Moment::Each => {
                    let reader = self.readers.acquire().await.map_err(explain)?;
                    Box::new(Reader(reader)) as Box<dyn Reading>
                }
                Moment::Same => {
                    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                    let begun = self.readers.begin_with(begin).await.map_err(explain)?;
                    Box::new(Snapshot(begun))
                }
            })
        })
    }

    fn transaction(&self) -> BoxFuture<'_, Result<Transaction, StoreError>> {
        Box::pin(async move {
            let begun = self.transactions.begin().await.map_err(explain)?;
            Ok(Transaction::new(
                Own::Postgres(begun),
                Box::new(Ring(self.news.clone())),
            ))
        })
    }

    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Claimed, StoreError>> {
        Box::pin(self.claims.claim(most))
    }

    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>> {
        Box::pin(self.claims.remembered(after, most))
    }

    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.claims.withdraw())
    }

    fn owner(&self) -> Option<i64> {
        Some(self.claims.owner())
    }

    /// The column says so.
    fn is_claimed(&self, _: i64) -> bool {
        false
    }

    fn releasing(&self) -> BoxFuture<'_, Box<dyn Releasing + '_>> {
        Box::pin(async { Box::new(Nothing) as Box<dyn Releasing + '_> })
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.news.wait(|| self.sessions.listener()))
    }

    fn committed(&self) {
        self.news.ring();
    }

    /// The transaction says so itself when it commits.
    fn expect_news(&self) {}

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.news.end();
            self.claims.close().await;
            self.readers.close().await;
            self.transactions.close().await;
        })
    }
}

/// Lanes are given back in the column `owner`.
struct Nothing;

impl Releasing for Nothing {
    fn release(&mut self, _: &[i64]) {}
}

struct Reader(PoolConnection<Database>);

impl Reading for Reader {
    fn connection(&mut self) -> &mut dyn Connection {
        let connection: &mut PgConnection = &mut self.0;
        connection
    }
}

/// A transaction that reads; it is rolled back when the connection goes back to the pool.
struct Snapshot(Begun<'static, Database>);

impl Reading for Snapshot {
    fn connection(&mut self) -> &mut dyn Connection {
        let connection: &mut PgConnection = &mut self.0;
        connection
    }
}

/// Tells this process of a commit before the database does.
struct Ring(Arc<News>);

impl Hold for Ring {
    fn committed(&self) {
        self.0.ring();
    }
}
