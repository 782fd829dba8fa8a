//! A connection of sqlx as the rest of the store knows it.
//!
//! Knows how arguments are bound and cells are read. Statements without arguments are sent as they are, so that several may stand in one;
//! all others are prepared once and kept by sqlx.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection, Row as _, TypeInfo as _, ValueRef as _};
use tokio::time::timeout;

use super::session::silent;
use crate::store::sql::connection::{Cells, Connection, Each};
use crate::store::sql::dialect::Dialect;
use crate::store::sql::explain;
use crate::store::sql::statement::{Arg, ArgType, Statement};
use crate::store::{StoreError, StoreErrorKind};

impl Connection for PgConnection {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let Statement { text, args, .. } = statement;
            let text = AssertSqlSafe(text);
            let done = if args.is_empty() {
                sqlx::raw_sql(text).execute(self).await
            } else {
                sqlx::query_with(text, arguments(args)?).execute(self).await
            };
            done.map(|done| done.rows_affected()).map_err(explain)
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The server notices the end of a connection that cannot be closed politely, too.
            let _ = sqlx::Connection::close(*self).await;
        })
    }

    fn fetch<'a>(
        &'a mut self,
        statement: Statement,
        each: &'a mut Each<'_>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let Statement { text, args, .. } = statement;
            let question = sqlx::query_with(AssertSqlSafe(text), arguments(args)?);
            let mut rows = question.fetch(self);
            while let Some(row) = rows.try_next().await.map_err(explain)? {
                each(&row)?;
            }
            Ok(())
        })
    }
}

fn arguments(args: Vec<Arg>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    arguments.reserve(args.len(), args.len() * 16);
    for arg in args {
        let bound = match arg {
            Arg::Null(ArgType::Bool) => arguments.add(None::<bool>),
            Arg::Null(ArgType::Integer) => arguments.add(None::<i64>),
            Arg::Null(ArgType::Real) => arguments.add(None::<f64>),
            Arg::Null(ArgType::Text) => arguments.add(None::<&str>),
            Arg::Bool(value) => arguments.add(value),
            Arg::Integer(value) => arguments.add(value),
            Arg::Real(value) => arguments.add(value),
            Arg::Text(text) => arguments.add(&*text),
            Arg::Owned(text) => arguments.add(text),
            Arg::Word(text) => arguments.add(text),
        };
        bound.map_err(|error| {
            StoreError::new(
                StoreErrorKind::Database,
                format!("a value cannot be sent to the database: {error}"),
            )
        })?;
    }
    Ok(arguments)
}

impl Cells for PgRow {
    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError> {
        self.try_get_unchecked(cell).map_err(explain)
    }

    fn integer(&self, cell: usize) -> Result<Option<i64>, StoreError> {
        let raw = self.try_get_raw(cell).map_err(explain)?;
        if raw.is_null() {
            return Ok(None);
        }
        let number = match raw.type_info().name() {
            "INT8" => self.try_get::<i64, _>(cell),
            "INT4" => self.try_get::<i32, _>(cell).map(Into::into),
            _ => self.try_get::<bool, _>(cell).map(Into::into),
        };
        number.map(Some).map_err(explain)
    }
}

/// A connection whose server may vanish without a word: what is not answered in time has failed, and the connection with it.
pub(super) struct Watched {
    connection: PgConnection,
    limit: Duration,
    is_lost: bool,
}

impl Watched {
    pub(super) fn new(connection: PgConnection, limit: Duration) -> Self {
        Self {
            connection,
            limit,
            is_lost: false,
        }
    }

    async fn watch<T>(
        limit: Option<Duration>,
        is_lost: &mut bool,
        answer: BoxFuture<'_, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let Some(limit) = limit else {
            return answer.await;
        };
        if *is_lost {
            return Err(silent(limit));
        }
        match timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                *is_lost = true;
                Err(silent(limit))
            }
        }
    }

    /// Changing a large table, or waiting for somebody who does, takes as long as it takes.
    fn limit(&self, statement: &Statement) -> Option<Duration> {
        let text = &statement.text;
        let is_slow = ["ALTER ", "CREATE ", "SELECT pg_advisory_xact_lock"]
            .iter()
            .any(|start| text.starts_with(start));
        (!is_slow).then_some(self.limit)
    }
}

impl Connection for Watched {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, StoreError>> {
        let limit = self.limit(&statement);
        let answer = Connection::execute(&mut self.connection, statement);
        Box::pin(Self::watch(limit, &mut self.is_lost, answer))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        if self.is_lost {
            return Box::pin(async {});
        }
        Connection::close(Box::new(self.connection))
    }

    fn fetch<'a>(
        &'a mut self,
        statement: Statement,
        each: &'a mut Each<'_>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let limit = self.limit(&statement);
        let answer = Connection::fetch(&mut self.connection, statement, each);
        Box::pin(Self::watch(limit, &mut self.is_lost, answer))
    }
}
