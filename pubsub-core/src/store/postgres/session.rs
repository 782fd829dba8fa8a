//! Sessions: connections that are set up for what they are going to do.
//!
//! Knows settings and timeouts. Does not know what is said on a session.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _,
};
use tokio::time::{Instant, sleep, timeout};

use crate::store::sql::explain;
use crate::store::{StoreError, StoreErrorKind};

/// A server that does not take a connection in this time is not there.
const CONNECTING: Duration = Duration::from_secs(10);
/// The server undoes a transaction in which nothing happens for this long: its program is frozen, and others wait for it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);
/// No answer to a reader takes longer.
const READING: Duration = Duration::from_mins(1);
/// Connections that read, at most.
const READERS: u32 = 8;
/// Transactions of the program that are open at the same time, at most.
const TRANSACTIONS: u32 = 16;
/// The pauses while a server that is starting says so.
const PAUSE: Duration = Duration::from_millis(100);

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Writing what has been promised, in statements of the store alone.
    Writing,
    /// The same, in a transaction of the program.
    Transactions,
    /// Reading.
    Reading,
    /// Claiming lanes: what is lost with the power is lost with the claim anyway, and nobody waits long for a lane.
    Claiming,
}

/// Opens sessions.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    options: PgConnectOptions,
    pub(super) patience: Duration,
}

impl Sessions {
    pub(super) fn of(url: &url::Url, patience: Duration) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_url(url).map_err(explain)?;
        let options = if options.get_application_name().is_some() {
            options
        } else {
            options.application_name("pubsub")
        };
        Ok(Self {
            options: options.disable_statement_logging(),
            patience,
        })
    }

    /// Checks that the server is one that a store can be in.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.open(Purpose::Reading).await?;
        let asked =
            "SELECT current_setting('server_version_num')::INT, current_setting('server_encoding')";
        let row = sqlx::query(asked).fetch_one(&mut connection).await;
        let row = row.map_err(explain)?;
        let version: i32 = row.try_get(0).map_err(explain)?;
        let encoding: String = row.try_get(1).map_err(explain)?;
        // Nothing depends on a polite end.
        let _ = connection.close().await;
        if version < 130_000 {
            return Err(StoreError::new(
                StoreErrorKind::Version,
                format!(
                    "the store needs PostgreSQL 13 or later; this server is of version {}",
                    version / 10_000
                ),
            ));
        }
        if encoding != "UTF8" {
            return Err(StoreError::new(
                StoreErrorKind::Configuration,
                format!(
                    "the database is encoded as {encoding} and cannot hold every text; create it with ENCODING 'UTF8'"
                ),
            ));
        }
        Ok(())
    }

    /// Opens a session. Waits for a server that says that it is starting.
    pub(super) async fn open(&self, purpose: Purpose) -> Result<PgConnection, StoreError> {
        let until = Instant::now() + self.patience;
        loop {
            let opened = timeout(CONNECTING, PgConnection::connect_with(&self.options)).await;
            let error = match opened {
                Ok(Ok(mut connection)) => {
                    let settings = AssertSqlSafe(self.settings(purpose));
                    connection.execute(settings).await.map_err(explain)?;
                    return Ok(connection);
                }
                Ok(Err(error)) => error,
                Err(_) => return Err(silent(CONNECTING)),
            };
            let is_starting = error
                .as_database_error()
                .is_some_and(|error| error.code().as_deref() == Some("57P03"));
            if !is_starting || Instant::now() >= until {
                return Err(explain(error));
            }
            sleep(PAUSE).await;
        }
    }

    /// A pool of readers. It connects when somebody asks.
    pub(super) fn readers(&self) -> PgPool {
        self.pool(READERS, Purpose::Reading)
    }

    /// A pool for transactions of the program.
    pub(super) fn transactions(&self) -> PgPool {
        self.pool(TRANSACTIONS, Purpose::Transactions)
    }

    /// A pool of one, for a listener, which reconnects through it.
    pub(super) fn listener(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECTING)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(self.options.clone())
    }

    fn pool(&self, most: u32, purpose: Purpose) -> PgPool {
        let settings = self.settings(purpose);
        PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(self.patience)
            .after_connect(move |connection, _| {
                let settings = AssertSqlSafe(settings.clone());
                Box::pin(async move { connection.execute(settings).await.map(drop) })
            })
            .connect_lazy_with(self.options.clone())
    }

    fn settings(&self, purpose: Purpose) -> String {
        let milliseconds = |time: Duration| time.as_millis().max(1);
        // A commit that does not wait for the disk is no promise.
        let durably = format!(
            "SET lock_timeout = {}; SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            milliseconds(self.patience)
        );
        let more = match purpose {
            // Every statement finds its rows by an index. A plan that was made when the table was new, and small, would not, and is kept.
            Purpose::Writing => format!("SET enable_seqscan = off; {durably}"),
            Purpose::Transactions => durably,
            Purpose::Reading => format!("SET statement_timeout = {}", milliseconds(READING)),
            Purpose::Claiming => "SET lock_timeout = 250; SET synchronous_commit = off".to_owned(),
        };
        format!(
            "SET default_transaction_isolation = 'read committed'; SET idle_in_transaction_session_timeout = {}; {more}",
            milliseconds(IDLE_IN_TRANSACTION)
        )
    }
}

/// The server has not answered.
pub(super) fn silent(limit: Duration) -> StoreError {
    StoreError::new(
        StoreErrorKind::Unreachable,
        format!("the database did not answer within {} s", limit.as_secs()),
    )
}
