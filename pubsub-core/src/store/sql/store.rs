//! The store itself: each method hands its work to the writer, or to a reader.
//!
//! Knows who does what. Does nothing of it by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::apply::Work;
use super::backend::{Backend, Claimed, Moment, Reading};
use super::batch::{Errand, Job};
use super::migration::{migrate, present};
use super::statement::Statement;
use super::table::{Table, Tables};
use super::writer::Writer;
use super::{admin, entries, join, rows};
use crate::name::{ItemId, NodeName};
use crate::registry::Descriptor;
use crate::store::{
    Depth, Entry, History, Joined, Lane, Outbox, Parked, Query, Row, Rows, Settled, Store,
    StoreError, StoreErrorKind, Transaction, Unit, Waiting, Wanted, Written,
};

/// A store in a database.
#[derive(Debug)]
pub(crate) struct SqlStore {
    backend: Arc<dyn Backend>,
    /// Which database it is, to be named in errors.
    place: Arc<str>,
    log: Arc<str>,
    tables: Tables,
    writer: Writer,
    is_closed: AtomicBool,
}

impl SqlStore {
    /// Brings the database up to date and starts the writer.
    pub(crate) async fn start(
        backend: Arc<dyn Backend>,
        place: Arc<str>,
        keep: u64,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let mut connection = backend.writing().await?;
        let turn = backend.turn().await?;
        let log = migrate(&mut *connection).await?;
        drop(turn);
        let writer = Writer::start(backend.clone(), connection, keep, patience);
        Ok(Self {
            backend,
            place,
            log,
            tables: Tables::default(),
            writer,
            is_closed: AtomicBool::new(false),
        })
    }

    /// Looks at a database that is up to date, and changes nothing.
    pub(crate) async fn look(
        backend: Arc<dyn Backend>,
        place: Arc<str>,
    ) -> Result<Self, StoreError> {
        let mut connection = backend.writing().await?;
        let seen = present(&mut *connection).await;
        connection.close().await;
        let Some((_, log)) = seen? else {
            return Err(StoreError::new(
                StoreErrorKind::Version,
                "the database has no store in it: name the one that your programs use",
            ));
        };
        Ok(Self {
            backend,
            place,
            log,
            tables: Tables::default(),
            writer: Writer::absent(),
            is_closed: AtomicBool::new(false),
        })
    }

    fn check_open(&self) -> Result<(), StoreError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(StoreError::new(
                StoreErrorKind::Closed,
                "the store is closed",
            ));
        }
        Ok(())
    }

    /// What is done with the database, its name put to what goes wrong.
    fn named<'a, T: Send + 'a>(
        &'a self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        Box::pin(async move {
            work.await
                .map_err(|error| self.reason(error).at(&self.place))
        })
    }

    /// If the database is another one by now, that is why.
    fn reason(&self, error: StoreError) -> StoreError {
        match error.kind() {
            StoreErrorKind::Busy | StoreErrorKind::Corrupt | StoreErrorKind::Database => {
                self.backend.check().err().unwrap_or(error)
            }
            _ => error,
        }
    }

    async fn reading(&self, moment: Moment) -> Result<Box<dyn Reading>, StoreError> {
        self.check_open()?;
        self.backend.reading(moment).await
    }

    /// Another version of the model writes to the table: nobody does while its columns are made anew and read.
    async fn rows_made_current(&self, table: &Table, query: &Query) -> Result<Rows, StoreError> {
        let mut connection = self.backend.writing().await?;
        let dialect = self.backend.dialect();
        let turn = self.backend.turn().await?;
        connection
            .execute(Statement::new(dialect, dialect.begin()))
            .await?;
        let found = rows::rows_made_current(&mut *connection, table, query).await;
        let end = if found.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = connection.execute(Statement::new(dialect, end)).await;
        drop(turn);
        // What went wrong first is what counts.
        let rows = found?;
        ended?;
        Ok(rows)
    }

    async fn work(&self, unit: Unit) -> Result<Work, StoreError> {
        self.check_open()?;
        self.backend.check()?;
        Work::of(unit, &self.tables, &*self.backend).await
    }
}

impl Store for SqlStore {
    fn log(&self) -> &Arc<str> {
        &self.log
    }

    fn renew_log(&self) -> BoxFuture<'_, Result<Arc<str>, StoreError>> {
        self.named(self.writer.errand(Errand::RenewLog))
    }

    fn prepare<'a>(
        &'a self,
        models: &'a [&'static Descriptor],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.named(async move {
            self.check_open()?;
            self.backend.check()?;
            self.tables.prepare(&*self.backend, models).await
        })
    }

    fn write(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Vec<Written>>, StoreError>> {
        self.named(async move {
            let work = Box::new(self.work(unit).await?);
            self.writer.ask(|owed| Job::Write(work, owed)).await
        })
    }

    fn join<'a>(
        &'a self,
        transaction: Joined<'a>,
        unit: Unit,
    ) -> BoxFuture<'a, Result<Option<Vec<Written>>, StoreError>> {
        self.named(async move {
            let work = self.work(unit).await?;
            let written = join::join(transaction, &self.log, work).await?;
            self.backend.expect_news();
            Ok(written)
        })
    }

    fn begin(&self) -> BoxFuture<'_, Result<Transaction, StoreError>> {
        self.named(async move {
            self.check_open()?;
            Ok(self.backend.transaction().await?.of(&self.place))
        })
    }

    fn committed(&self) {
        self.backend.committed();
    }

    fn row<'a>(
        &'a self,
        model: &'static Descriptor,
        item: &'a ItemId,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        self.named(async move {
            self.check_open()?;
            let table = self.tables.of(&*self.backend, model).await?;
            let mut reading = self.reading(Moment::Each).await?;
            rows::row(reading.connection(), &table, item).await
        })
    }

    fn rows<'a>(
        &'a self,
        model: &'static Descriptor,
        query: &'a Query,
    ) -> BoxFuture<'a, Result<Rows, StoreError>> {
        self.named(async move {
            self.check_open()?;
            let table = self.tables.of(&*self.backend, model).await?;
            let mut reading = self.reading(Moment::Same).await?;
            let found = rows::current_rows(reading.connection(), &table, query).await?;
            drop(reading);
            match found {
                Some(rows) => Ok(rows),
                None => self.rows_made_current(&table, query).await,
            }
        })
    }

    fn history<'a>(
        &'a self,
        node: &'a NodeName,
        after: u64,
        most: u32,
    ) -> BoxFuture<'a, Result<History, StoreError>> {
        self.named(async move {
            let mut reading = self.reading(Moment::Same).await?;
            entries::history(reading.connection(), node, after, most).await
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.is_closed.swap(true, Ordering::AcqRel) {
                return;
            }
            // Of a writer that is gone already nothing is left to wait for.
            let _ = self.writer.ask(Job::Close).await;
            self.backend.close().await;
        })
    }
}

impl Outbox for SqlStore {
    fn claim(&self, most: u32) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>> {
        self.named(async move {
            self.check_open()?;
            let Claimed { lanes, nameless } = self.backend.claim(most).await?;
            if !nameless.is_empty() {
                // What was claimed would be nobody's if this were an error.
                let condemned = self.writer.errand(|owed| Errand::Condemn(nameless, owed));
                if let Err(error) = condemned.await {
                    tracing::warn!(%error, "cannot park what is for nodes without a possible name");
                }
            }
            Ok(lanes)
        })
    }

    fn waiting<'a>(
        &'a self,
        wanted: &'a [Wanted],
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        self.named(async move {
            let mut reading = self.reading(Moment::Each).await?;
            entries::waiting(reading.connection(), wanted).await
        })
    }

    fn settle(&self, settled: Vec<Settled>) -> BoxFuture<'_, Result<Vec<Lane>, StoreError>> {
        self.named(self.writer.errand(|owed| Errand::Settle(settled, owed)))
    }

    fn withdraw(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.named(async move {
            self.check_open()?;
            self.backend.withdraw().await
        })
    }

    fn rewind<'a>(
        &'a self,
        node: &'a NodeName,
        to: u64,
    ) -> BoxFuture<'a, Result<Lane, StoreError>> {
        self.named(
            self.writer
                .errand(move |owed| Errand::Rewind(node.clone(), to, owed)),
        )
    }

    fn news(&self) -> BoxFuture<'_, ()> {
        self.backend.news()
    }

    fn remembered<'a>(
        &'a self,
        after: Option<&'a NodeName>,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Lane>, StoreError>> {
        self.named(async move {
            self.check_open()?;
            self.backend.remembered(after, most).await
        })
    }

    fn depth(&self) -> BoxFuture<'_, Result<Depth, StoreError>> {
        self.named(async move {
            let mut reading = self.reading(Moment::Same).await?;
            admin::depth(reading.connection()).await
        })
    }

    fn undelivered<'a>(
        &'a self,
        node: Option<&'a NodeName>,
        after: u64,
        most: u32,
    ) -> BoxFuture<'a, Result<Vec<Waiting>, StoreError>> {
        self.named(async move {
            let mut reading = self.reading(Moment::Each).await?;
            admin::undelivered(reading.connection(), node, after, most).await
        })
    }

    fn parked(&self, after: u64, most: u32) -> BoxFuture<'_, Result<Vec<Parked>, StoreError>> {
        self.named(async move {
            let mut reading = self.reading(Moment::Each).await?;
            admin::parked(reading.connection(), after, most).await
        })
    }

    fn retry<'a>(&'a self, ids: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.named(self.writer.errand(|owed| Errand::Retry(ids.to_vec(), owed)))
    }

    fn discard<'a>(&'a self, ids: &'a [u64]) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.named(
            self.writer
                .errand(|owed| Errand::Discard(ids.to_vec(), owed)),
        )
    }
}
