//! Whose a lane is, where several processes deliver from one database.
//!
//! Knows owners: numbers in the column `owner`, each held by a session through an advisory lock. A number that nobody holds belonged to a
//! process that is gone, and its lanes are free. Does not know what is delivered.
//!
//! The session of an owner may break without its process. It then takes its number back on a new session, and whatever lanes were not
//! taken over meanwhile are still its own; settling tells it of the others. Only when the number cannot be had again, all is
//! [`Lost`](StoreErrorKind::Lost).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::session::{Purpose, Sessions};
use crate::name::NodeName;
use crate::store::sql::backend::Claimed;
use crate::store::sql::explain;
use crate::store::{Lane, StoreError, StoreErrorKind};

/// So often the lanes of others are looked through for those of dead ones.
const ROUND: Duration = Duration::from_secs(2);
/// So long a number is asked for again before another one is taken.
const RETAKING: Duration = Duration::from_secs(5);
/// The pauses while somebody holds what we want.
const PAUSE: Duration = Duration::from_millis(50);

/// Free lanes with something to deliver; those that somebody writes are passed over.
const FREE: &str = "UPDATE pubsub_node SET owner = $1 WHERE id IN \
    (SELECT id FROM pubsub_node WHERE delivered < last AND owner IS NULL ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) \
    RETURNING node, delivered, last, id";
/// The same for one, whoever writes it: many who write one node by turns leave it free at no moment.
const WRITTEN: &str = "UPDATE pubsub_node SET owner = $1 WHERE id = \
    (SELECT id FROM pubsub_node WHERE delivered < last AND owner IS NULL ORDER BY id LIMIT 1 FOR UPDATE) AND owner IS NULL \
    RETURNING node, delivered, last, id";
/// Whether there are such lanes at all.
const ANY: &str =
    "SELECT EXISTS (SELECT 1 FROM pubsub_node WHERE delivered < last AND owner IS NULL)";
/// Lanes of which something is kept, in the order of their names.
const KEPT: &str = "UPDATE pubsub_node SET owner = $1 WHERE id IN \
    (SELECT id FROM pubsub_node n WHERE (owner IS NULL OR owner = $1) AND node COLLATE \"C\" > $3 \
    AND EXISTS (SELECT 1 FROM pubsub_entry e WHERE e.node_id = n.id) \
    ORDER BY node COLLATE \"C\" LIMIT $2 FOR UPDATE) AND (owner IS NULL OR owner = $1) \
    RETURNING node, delivered, last, id";
const OTHERS: &str =
    "SELECT DISTINCT owner FROM pubsub_node WHERE owner IS NOT NULL AND owner <> $1 LIMIT 1000";
const SET_FREE: &str = "UPDATE pubsub_node SET owner = NULL WHERE owner = $1";
const TAKE: &str = "SELECT pg_try_advisory_lock($1)";
const GIVE: &str = "SELECT pg_advisory_unlock($1)";
/// Ends the session that holds our number, if it is the one that we have lost.
const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = $1 \
    AND ((classid::BIGINT << 32) | objid::BIGINT) = $2 AND objsubid = 1";

/// The lanes of this process.
#[derive(Debug)]
pub(super) struct Claims {
    sessions: Sessions,
    owner: AtomicI64,
    session: Mutex<Session>,
}

/// The session that holds our number.
#[derive(Debug, Default)]
struct Session {
    connection: Option<PgConnection>,
    /// The server's number of that session, or of the one before.
    process: Option<i32>,
    looked_at: Option<Instant>,
    is_closed: bool,
}

impl Claims {
    pub(super) fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            owner: AtomicI64::new(number()),
            session: Mutex::new(Session::default()),
        }
    }

    /// Our number.
    pub(super) fn owner(&self) -> i64 {
        self.owner.load(Ordering::Acquire)
    }

    /// Takes free lanes.
    pub(super) async fn claim(&self, most: u32) -> Result<Claimed, StoreError> {
        let mut session = self.session.lock().await;
        let mut connection = self.connected(&mut session).await?;
        let is_due = session.looked_at.is_none_or(|at| at.elapsed() >= ROUND);
        let claimed = self.take(&mut connection, most, is_due).await;
        if is_due && claimed.is_ok() {
            session.looked_at = Some(Instant::now());
        }
        keep(&mut session, connection, claimed)
    }

    async fn take(
        &self,
        connection: &mut PgConnection,
        most: u32,
        looks_for_dead: bool,
    ) -> Result<Claimed, StoreError> {
        if looks_for_dead {
            self.bury(connection).await?;
        }
        let free = sqlx::query(FREE).bind(self.owner()).bind(i64::from(most));
        let mut claimed = lanes(connection, free).await?;
        let full = usize::try_from(most).unwrap_or(usize::MAX);
        while claimed.lanes.len() < full {
            let any = sqlx::query_scalar(ANY).fetch_one(&mut *connection).await;
            if !any.map_err(explain)? {
                break;
            }
            match lanes(connection, sqlx::query(WRITTEN).bind(self.owner())).await {
                Ok(more) if more.lanes.is_empty() && more.nameless.is_empty() => break,
                Ok(more) => {
                    claimed.lanes.extend(more.lanes);
                    claimed.nameless.extend(more.nameless);
                }
                // Whoever holds it brings news when it is committed.
                Err(error) if error.kind() == StoreErrorKind::Busy => break,
                Err(error) => return Err(error),
            }
        }
        Ok(claimed)
    }

    /// Takes lanes of which something is kept, due or not.
    pub(super) async fn remembered(
        &self,
        after: Option<&NodeName>,
        most: u32,
    ) -> Result<Vec<Lane>, StoreError> {
        let until = Instant::now() + self.sessions.patience;
        let mut session = self.session.lock().await;
        loop {
            let mut connection = self.connected(&mut session).await?;
            let kept = sqlx::query(KEPT).bind(self.owner()).bind(i64::from(most));
            let kept = kept.bind(after.map_or("", NodeName::as_str).to_owned());
            let claimed = lanes(&mut connection, kept).await;
            match keep(&mut session, connection, claimed) {
                Err(error) if error.kind() == StoreErrorKind::Busy && Instant::now() < until => {
                    sleep(PAUSE).await;
                }
                Ok(Claimed {
                    lanes: mut claimed, ..
                }) => {
                    claimed.sort_by(|one, other| one.node.as_str().cmp(other.node.as_str()));
                    return Ok(claimed);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sets the lanes of owners free that are dead.
    async fn bury(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let others = sqlx::query_scalar(OTHERS).bind(self.owner());
        let others: Vec<i64> = others.fetch_all(&mut *connection).await.map_err(explain)?;
        for owner in others {
            let take = sqlx::query_scalar(TAKE).bind(owner);
            if !take.fetch_one(&mut *connection).await.map_err(explain)? {
                continue;
            }
            let freed = sqlx::query(SET_FREE)
                .bind(owner)
                .execute(&mut *connection)
                .await;
            let given = sqlx::query(GIVE)
                .bind(owner)
                .execute(&mut *connection)
                .await;
            match freed.map_err(explain) {
                Ok(lanes) => tracing::info!(
                    owner,
                    lanes = lanes.rows_affected(),
                    "a relay is gone; others deliver what it has left"
                ),
                // Next time.
                Err(error) if error.kind() == StoreErrorKind::Busy => {}
                Err(error) => return Err(error),
            }
            given.map_err(explain)?;
        }
        Ok(())
    }

    /// The session that holds our number, taken out: whoever loses patience while it is in use loses it.
    async fn connected(&self, session: &mut Session) -> Result<PgConnection, StoreError> {
        if session.is_closed {
            return Err(StoreError::new(
                StoreErrorKind::Closed,
                "the store is closed",
            ));
        }
        if let Some(connection) = session.connection.take() {
            return Ok(connection);
        }
        let mut connection = self.sessions.open(Purpose::Claiming).await?;
        let former = session.process.take();
        let process = sqlx::query_scalar("SELECT pg_backend_pid()");
        let process: i32 = process.fetch_one(&mut connection).await.map_err(explain)?;
        let until = Instant::now() + RETAKING;
        loop {
            let take = sqlx::query_scalar(TAKE).bind(self.owner());
            if take.fetch_one(&mut connection).await.map_err(explain)? {
                session.process = Some(process);
                return Ok(connection);
            }
            if Instant::now() >= until {
                self.owner.store(number(), Ordering::Release);
                return Err(StoreError::new(
                    StoreErrorKind::Lost,
                    "the connection on which lanes were claimed is gone, and they with it",
                ));
            }
            if let Some(former) = former {
                let end = sqlx::query(END).bind(former).bind(self.owner());
                // Whoever may not end a session waits for its end.
                let _ = end.execute(&mut connection).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Gives all lanes back. Whoever writes one of them is waited for.
    pub(super) async fn withdraw(&self) -> Result<(), StoreError> {
        let until = Instant::now() + self.sessions.patience;
        let mut session = self.session.lock().await;
        if session.connection.is_none() && session.process.is_none() {
            return Ok(());
        }
        loop {
            let mut connection = self.connected(&mut session).await?;
            let freed = self.set_free(&mut connection).await;
            match keep(&mut session, connection, freed) {
                Err(error) if error.kind() == StoreErrorKind::Busy && Instant::now() < until => {
                    sleep(PAUSE).await;
                }
                freed => return freed,
            }
        }
    }

    async fn set_free(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let freed = sqlx::query(SET_FREE).bind(self.owner());
        let freed = freed.execute(&mut *connection).await.map_err(explain)?;
        if freed.rows_affected() > 0 {
            let told = sqlx::raw_sql("NOTIFY pubsub_outbox").execute(connection);
            told.await.map_err(explain)?;
        }
        Ok(())
    }

    /// Gives all lanes back for good.
    pub(super) async fn close(&self) {
        let mut session = self.session.lock().await;
        session.is_closed = true;
        if let Some(mut connection) = session.connection.take() {
            // If that fails, others find out that we are gone.
            if let Err(error) = self.set_free(&mut connection).await {
                tracing::debug!(%error, "lanes are left to be found free");
            }
            let _ = connection.close().await;
        }
    }
}

/// Puts the session back, unless it is broken.
fn keep<T>(
    session: &mut Session,
    connection: PgConnection,
    done: Result<T, StoreError>,
) -> Result<T, StoreError> {
    let is_broken = done
        .as_ref()
        .is_err_and(|error| error.kind() == StoreErrorKind::Unreachable);
    if !is_broken {
        session.connection = Some(connection);
    }
    done
}

type Question<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

async fn lanes(
    connection: &mut PgConnection,
    question: Question<'_>,
) -> Result<Claimed, StoreError> {
    let rows = question.fetch_all(connection).await.map_err(explain)?;
    let mut claimed = Claimed::default();
    for row in rows {
        let node: String = row.try_get(0).map_err(explain)?;
        let count = |cell: usize| {
            let number: i64 = row.try_get(cell).map_err(explain)?;
            Ok::<_, StoreError>(u64::try_from(number).unwrap_or(0))
        };
        let (delivered, last) = (count(1)?, count(2)?);
        match NodeName::new(node) {
            Ok(node) => claimed.lanes.push(Lane {
                node,
                delivered,
                last,
            }),
            Err(_) => claimed.nameless.push(row.try_get(3).map_err(explain)?),
        }
    }
    Ok(claimed)
}

/// A number that nobody else has: positive, and one of very many.
fn number() -> i64 {
    (rand::random::<u64>() >> 1).cast_signed().max(1)
}
