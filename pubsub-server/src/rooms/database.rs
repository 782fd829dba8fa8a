//! Rooms in the database of the server: a room is a few rows, written anew as a whole when it has changed.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{Row as _, SqliteConnection};

use super::hall::{Hall, lock};
use super::keeping::Kept;
use super::standing::Affiliation;
use super::vocabulary::Spoken;
use crate::database::{Database, DatabaseError};

const MIGRATIONS: &[&str] = &["
CREATE TABLE room (jid TEXT PRIMARY KEY NOT NULL, founder TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE room_setting (
    room TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (room, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_affiliation (
    room TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
    jid TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (room, jid)
) STRICT, WITHOUT ROWID;

-- Position 0 is the subject; the history follows, oldest first.
CREATE TABLE room_message (
    room TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
    position INTEGER NOT NULL,
    nick TEXT NOT NULL,
    id TEXT,
    number TEXT NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, position)
) STRICT, WITHOUT ROWID;
"];

/// How long changes are gathered before they are written.
const GATHERED: Duration = Duration::from_millis(250);

/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_secs(1);

impl Hall {
    /// Reads the rooms that were kept.
    pub(crate) async fn restore(&self, database: &Database) -> Result<(), DatabaseError> {
        self.is_keeping.store(true, Ordering::Relaxed);
        database.migrate("rooms", MIGRATIONS).await?;
        let read = async {
            let mut connection = database.pool().acquire().await?;
            load(&mut connection).await
        };
        let rooms = read.await.map_err(|error| database.failed(error))?;
        for kept in rooms {
            self.take_back(kept);
        }
        Ok(())
    }

    /// Writes what changes, for ever. Cancel safe: what is not written is still noted.
    pub(crate) async fn keep_on(&self, database: &Database) {
        loop {
            self.news.notified().await;
            // What was said may wait for more; whoever asked for something is answered when it is written.
            tokio::select! {
                () = tokio::time::sleep(GATHERED) => {}
                () = self.urgent.notified() => {}
            }
            while let Err(error) = self.keep(database).await {
                tracing::error!(%error, "rooms could not be kept; it is tried again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Writes what has changed. Cancel safe, as [`Self::keep_on`].
    pub(crate) async fn keep(&self, database: &Database) -> Result<(), DatabaseError> {
        // Taken out before they are looked at: what changes meanwhile is noted again.
        let mut changed = {
            let mut changed = lock(&self.changed);
            Taken {
                hall: self,
                rooms: std::mem::take(&mut changed.rooms),
                number: changed.number,
            }
        };
        if changed.rooms.is_empty() {
            return Ok(());
        }
        let written = async {
            let begin = database.pool().begin_with("BEGIN IMMEDIATE");
            let mut transaction = begin.await?;
            for jid in &changed.rooms {
                let kept = self.look(jid, |room| room.settings.is_persistent.then(|| room.kept()));
                write(&mut transaction, jid, kept.flatten().as_ref()).await?;
            }
            transaction.commit().await
        };
        if let Err(error) = written.await {
            self.written.send_modify(|written| written.failures += 1);
            return Err(database.failed(error));
        }
        changed.rooms.clear();
        self.written
            .send_modify(|written| written.number = changed.number);
        Ok(())
    }
}

/// Rooms on their way to the database. Those that do not arrive are noted again.
struct Taken<'h> {
    hall: &'h Hall,
    rooms: HashSet<Arc<str>>,
    /// The last change that is among them.
    number: u64,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        lock(&self.hall.changed).rooms.extend(self.rooms.drain());
    }
}

async fn write(
    connection: &mut SqliteConnection,
    jid: &str,
    kept: Option<&Kept>,
) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM room WHERE jid = ?").bind(jid);
    delete.execute(&mut *connection).await?;
    let Some(kept) = kept else {
        return Ok(());
    };
    let insert = sqlx::query("INSERT INTO room (jid, founder) VALUES (?, ?)").bind(jid);
    insert
        .bind(&*kept.founder)
        .execute(&mut *connection)
        .await?;
    for (name, value) in &kept.settings {
        let insert = sqlx::query("INSERT INTO room_setting (room, name, value) VALUES (?, ?, ?)");
        let insert = insert.bind(jid).bind(name).bind(value);
        insert.execute(&mut *connection).await?;
    }
    for (bare, affiliation) in &kept.affiliations {
        let insert =
            sqlx::query("INSERT INTO room_affiliation (room, jid, affiliation) VALUES (?, ?, ?)");
        let insert = insert.bind(jid).bind(&**bare).bind(affiliation.as_str());
        insert.execute(&mut *connection).await?;
    }
    let subject = kept.subject.iter().map(|subject| (0_i64, subject));
    for (position, spoken) in subject.chain((1_i64..).zip(&kept.history)) {
        let insert = sqlx::query(
            "INSERT INTO room_message (room, position, nick, id, number, content, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        );
        let insert = insert.bind(jid).bind(position).bind(&*spoken.nick);
        let insert = insert.bind(spoken.id.as_deref()).bind(&*spoken.number);
        let insert = insert.bind(&*spoken.content);
        let insert = insert.bind(i64::try_from(spoken.at).unwrap_or(i64::MAX));
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn load(connection: &mut SqliteConnection) -> Result<Vec<Kept>, sqlx::Error> {
    let rooms: Vec<(String, String)> = sqlx::query_as("SELECT jid, founder FROM room ORDER BY jid")
        .fetch_all(&mut *connection)
        .await?;
    let mut loaded = Vec::with_capacity(rooms.len());
    for (jid, founder) in rooms {
        let settings = sqlx::query_as("SELECT name, value FROM room_setting WHERE room = ?");
        let settings = settings.bind(&jid).fetch_all(&mut *connection).await?;
        let mut kept = Kept {
            jid: jid.as_str().into(),
            founder: founder.into(),
            settings,
            ..Kept::default()
        };
        let held: Vec<(String, String)> =
            sqlx::query_as("SELECT jid, affiliation FROM room_affiliation WHERE room = ?")
                .bind(&jid)
                .fetch_all(&mut *connection)
                .await?;
        for (bare, word) in held {
            let affiliation = Affiliation::from_word(&word).ok_or_else(|| {
                sqlx::Error::Decode(format!("room {jid}: there is no affiliation {word}").into())
            })?;
            kept.affiliations.push((bare.into(), affiliation));
        }
        let messages = sqlx::query(
            "SELECT position, nick, id, number, content, at FROM room_message WHERE room = ? ORDER BY position",
        );
        for row in messages.bind(&jid).fetch_all(&mut *connection).await? {
            let text = |name| row.try_get::<String, _>(name).map(Arc::from);
            let spoken = Arc::new(Spoken {
                nick: text("nick")?,
                id: row.try_get::<Option<String>, _>("id")?.map(Into::into),
                number: text("number")?,
                content: text("content")?,
                at: u64::try_from(row.try_get::<i64, _>("at")?).unwrap_or_default(),
            });
            if row.try_get::<i64, _>("position")? == 0 {
                kept.subject = Some(spoken);
            } else {
                kept.history.push(spoken);
            }
        }
        loaded.push(kept);
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::config::Rooms;

    #[tokio::test]
    async fn a_write_that_is_cut_short_is_still_to_be_done() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = Database::open(directory.path()).await.expect("it opens");
        let hall = Hall::new("rooms.x".into(), Rooms::default(), Arc::default());
        hall.restore(&database).await.expect("tables");
        lock(&hall.changed).note(&"hall@rooms.x".into());
        {
            let other = database.pool().begin_with("BEGIN IMMEDIATE").await;
            let _other = other.expect("the write waits for this one");
            let mut writing = Box::pin(hall.keep(&database));
            let first = writing
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(first, Poll::Pending));
            assert!(lock(&hall.changed).rooms.is_empty());
        }
        assert_eq!(lock(&hall.changed).rooms.len(), 1);
        hall.keep(&database).await.expect("kept");
        assert!(lock(&hall.changed).rooms.is_empty());
    }
}
