//! A connection of sqlx to an SQLite file, as the statements of `sql` use it.
//!
//! Knows how arguments are bound without copying and how cells are read. Does not know statements.

use std::borrow::Cow;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, Sqlite, SqliteConnection, ValueRef as _};

use crate::store::StoreError;
use crate::store::sql::backend::Reading;
use crate::store::sql::connection::{Cells, Connection, Each};
use crate::store::sql::dialect::Dialect;
use crate::store::sql::explain;
use crate::store::sql::statement::{Arg, Statement};

impl Connection for SqliteConnection {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let arguments = bind(statement.args)?;
            // A pragma acts when it is prepared: one that is kept would do nothing.
            let is_kept = !statement.text.starts_with("PRAGMA");
            let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
            let query = query.persistent(is_kept);
            let done = query.execute(self).await.map_err(explain)?;
            Ok(done.rows_affected())
        })
    }

    fn fetch<'a>(
        &'a mut self,
        statement: Statement,
        each: &'a mut Each<'_>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let arguments = bind(statement.args)?;
            let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments);
            let mut rows = query.fetch(self);
            while let Some(row) = rows.try_next().await.map_err(explain)? {
                each(&SqliteCells(row))?;
            }
            Ok(())
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Err(error) = sqlx::Connection::close(*self).await {
                tracing::warn!(%error, "a connection to the store could not be closed in good order");
            }
        })
    }
}

impl Reading for PoolConnection<Sqlite> {
    fn connection(&mut self) -> &mut dyn Connection {
        &mut **self
    }
}

impl Reading for sqlx::Transaction<'static, Sqlite> {
    fn connection(&mut self) -> &mut dyn Connection {
        &mut **self
    }
}

fn bind(args: Vec<Arg>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Null(_) => arguments.add(None::<i64>),
            Arg::Bool(value) => arguments.add(value),
            Arg::Integer(value) => arguments.add(value),
            Arg::Real(value) => arguments.add(value),
            Arg::Text(text) => arguments.add(text),
            Arg::Owned(text) => arguments.add(text),
            Arg::Word(word) => arguments.add(word),
        }
        .map_err(|error| explain(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

/// A row.
struct SqliteCells(SqliteRow);

impl Cells for SqliteCells {
    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError> {
        let value = self.0.try_get_raw(cell).map_err(explain)?;
        if value.is_null() {
            return Ok(None);
        }
        let text = <&str as sqlx::Decode<sqlx::Sqlite>>::decode(value);
        text.map(Some)
            .map_err(|error| explain(sqlx::Error::Decode(error)))
    }

    fn any_text(&self, cell: usize) -> Result<Option<Cow<'_, str>>, StoreError> {
        let value = self.0.try_get_raw(cell).map_err(explain)?;
        if value.is_null() {
            return Ok(None);
        }
        let bytes = <&[u8] as sqlx::Decode<sqlx::Sqlite>>::decode(value);
        bytes
            .map(|bytes| Some(String::from_utf8_lossy(bytes)))
            .map_err(|error| explain(sqlx::Error::Decode(error)))
    }

    fn integer(&self, cell: usize) -> Result<Option<i64>, StoreError> {
        let value = self.0.try_get_raw(cell).map_err(explain)?;
        if value.is_null() {
            return Ok(None);
        }
        let number = <i64 as sqlx::Decode<sqlx::Sqlite>>::decode(value);
        number
            .map(Some)
            .map_err(|error| explain(sqlx::Error::Decode(error)))
    }
}
