//! Rosters and waiting messages in the database of the server. What is in memory counts while the server runs; this is read when it starts, and written
//! behind by one task, as many changes at once as have come.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Row as _, SqliteConnection};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;

use super::People;
use super::keeping::{Batch, Keeper, Write, those_that_count};
use crate::database::{Database, DatabaseError};
use crate::offline::Kept;
use crate::roster::Contact;

const MIGRATIONS: &[&str] = &["
    CREATE TABLE contact (
        owner TEXT NOT NULL, jid TEXT NOT NULL, name TEXT NOT NULL, groups TEXT NOT NULL,
        sees INTEGER NOT NULL, is_seen INTEGER NOT NULL, has_asked INTEGER NOT NULL, is_listed INTEGER NOT NULL,
        request TEXT,
        PRIMARY KEY (owner, jid)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE waiting_message (number INTEGER PRIMARY KEY, owner TEXT NOT NULL, stanza TEXT NOT NULL) STRICT;
    CREATE INDEX waiting_message_owner ON waiting_message (owner, number);
"];

/// Stands between groups. XML cannot carry it, so no group holds it.
const BETWEEN: char = '\u{1f}';

/// The most changes that are made in one transaction.
const TOGETHER: usize = 256;

/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// The task that writes.
#[derive(Debug)]
pub(super) struct Writer(JoinHandle<()>);

impl Writer {
    /// Waits until everything that was handed over is written.
    pub(super) async fn finish(self) {
        if self.0.await.is_err() {
            tracing::error!("the task that keeps rosters and messages has failed");
        }
    }
}

impl People {
    /// Reads what a database has, and keeps there what changes from now on.
    pub(crate) async fn keep_in(&self, database: &Database) -> Result<(), DatabaseError> {
        database.migrate("people", MIGRATIONS).await?;
        let contacts = sqlx::query(
            "SELECT owner, jid, name, groups, sees, is_seen, has_asked, is_listed, request FROM contact",
        );
        let contacts = contacts.fetch_all(database.pool()).await;
        let contacts = contacts.map_err(|source| database.failed(source))?;
        let messages =
            sqlx::query("SELECT number, owner, stanza FROM waiting_message ORDER BY number");
        let messages = messages.fetch_all(database.pool()).await;
        let messages = messages.map_err(|source| database.failed(source))?;
        let (queue, batches) = mpsc::unbounded_channel();
        let writer = Writer(tokio::spawn(write(database.clone(), batches)));
        let mut state = self.state();
        for row in contacts {
            let owner: Arc<str> = row.get::<String, _>(0).into();
            let jid: Arc<str> = row.get::<String, _>(1).into();
            let groups: String = row.get(3);
            let contact = Contact {
                name: row.get::<String, _>(2).into(),
                groups: groups
                    .split(BETWEEN)
                    .filter(|group| !group.is_empty())
                    .map(Into::into)
                    .collect(),
                to: row.get(4),
                from: row.get(5),
                has_asked: row.get(6),
                is_listed: row.get(7),
                request: row.get::<Option<String>, _>(8).map(Into::into),
            };
            // There was room for it once; a smaller limit takes nobody's contacts away.
            if let Ok(place) = state.rosters.of(&owner).note(&jid, usize::MAX) {
                *place = contact;
            }
        }
        for row in messages {
            let kept = Kept {
                number: u64::try_from(row.get::<i64, _>(0)).unwrap_or_default(),
                stanza: row.get::<String, _>(2).into(),
            };
            state.offline.restore(&row.get::<String, _>(1), kept);
        }
        state.keeper = Keeper::new(queue);
        state.writer = Some(writer);
        Ok(())
    }

    /// Waits until everything is kept. What changes afterwards is not.
    pub(crate) async fn finish(&self) {
        let writer = {
            let mut state = self.state();
            state.keeper = Keeper::default();
            state.writer.take()
        };
        if let Some(writer) = writer {
            writer.finish().await;
        }
    }
}

/// Keeps what comes. What could not be kept is tried again, before anything newer, so that memory and disk agree as soon as the disk can.
async fn write(database: Database, mut batches: UnboundedReceiver<Batch>) {
    let mut group = Vec::new();
    let mut writes: Vec<Write> = Vec::new();
    loop {
        let is_over = if writes.is_empty() {
            batches.recv_many(&mut group, TOGETHER).await == 0
        } else {
            pause(&mut batches, &mut group).await
        };
        writes.extend(group.iter_mut().flat_map(Batch::take));
        if writes.is_empty() && is_over {
            return;
        }
        match write_group(&database, &writes).await {
            Ok(()) => {
                writes.clear();
                group.drain(..).for_each(Batch::confirm);
            }
            Err(error) if is_over => {
                tracing::error!(%error, lost = writes.len(), "the last changes of rosters or waiting messages could not be kept");
                return;
            }
            Err(error) => {
                tracing::error!(%error, "changes of rosters or waiting messages could not be kept; it is tried again");
                writes = those_that_count(writes);
                // Who waits is told that it is not kept yet.
                group.clear();
            }
        }
    }
}

/// Waits for a while, and takes what comes meanwhile. Returns whether nothing more ever will.
async fn pause(batches: &mut UnboundedReceiver<Batch>, group: &mut Vec<Batch>) -> bool {
    let mut pause = std::pin::pin!(tokio::time::sleep(RETRY));
    loop {
        tokio::select! {
            () = &mut pause => return false,
            batch = batches.recv() => match batch {
                Some(batch) => group.push(batch),
                None => return true,
            },
        }
    }
}

/// Keeps all or none. To do so twice is the same as once: nobody knows whether a commit that failed was one.
async fn write_group(database: &Database, writes: &[Write]) -> Result<(), sqlx::Error> {
    let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await?;
    for write in writes {
        write_one(&mut transaction, write).await?;
    }
    transaction.commit().await
}

async fn write_one(connection: &mut SqliteConnection, write: &Write) -> Result<(), sqlx::Error> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match write {
        Write::Contact {
            owner,
            jid,
            contact: Some(contact),
        } => {
            let groups: Vec<&str> = contact.groups.iter().map(|group| &**group).collect();
            sqlx::query("INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(&**owner)
                .bind(&**jid)
                .bind(&*contact.name)
                .bind(groups.join(&BETWEEN.to_string()))
                .bind(contact.to)
                .bind(contact.from)
                .bind(contact.has_asked)
                .bind(contact.is_listed)
                .bind(contact.request.as_deref())
                .execute(connection)
                .await?;
        }
        Write::Contact {
            owner,
            jid,
            contact: None,
        } => {
            sqlx::query("DELETE FROM contact WHERE owner = ? AND jid = ?")
                .bind(&**owner)
                .bind(&**jid)
                .execute(connection)
                .await?;
        }
        Write::Message {
            owner,
            number: place,
            stanza,
        } => {
            sqlx::query(
                "INSERT OR REPLACE INTO waiting_message (number, owner, stanza) VALUES (?, ?, ?)",
            )
            .bind(number(*place))
            .bind(&**owner)
            .bind(&**stanza)
            .execute(connection)
            .await?;
        }
        Write::Delivered {
            owner,
            number: last,
        } => {
            sqlx::query("DELETE FROM waiting_message WHERE owner = ? AND number <= ?")
                .bind(&**owner)
                .bind(number(*last))
                .execute(connection)
                .await?;
        }
        Write::Gone { owner } => {
            for table in [
                "DELETE FROM contact WHERE owner = ?",
                "DELETE FROM waiting_message WHERE owner = ?",
            ] {
                sqlx::query(table)
                    .bind(&**owner)
                    .execute(&mut *connection)
                    .await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::tests::people;
    use crate::router::Wakes;
    use crate::wire::roster::Change;

    #[tokio::test]
    async fn rosters_and_messages_are_there_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann@x".into(), "bob@x".into());
        let contact = Contact {
            name: "Bob".into(),
            groups: vec!["a".into(), "b c".into()],
            to: true,
            has_asked: true,
            request: Some("' type='subscribe'/>".into()),
            is_listed: true,
            ..Contact::default()
        };
        {
            let database = Database::open(directory.path()).await.expect("it opens");
            let people = people();
            people.keep_in(&database).await.expect("tables");
            let receipt = {
                let mut state = people.state();
                *state.rosters.of(&ann).note(&bob, 9).expect("room") = contact.clone();
                let write = |number| Write::Message {
                    owner: ann.clone(),
                    number,
                    stanza: format!("<message id='{number}'/>").into(),
                };
                state.keeper.keep(vec![
                    Write::Contact {
                        owner: ann.clone(),
                        jid: bob.clone(),
                        contact: Some(contact.clone()),
                    },
                    write(1),
                    write(2),
                    write(3),
                    Write::Delivered {
                        owner: ann.clone(),
                        number: 1,
                    },
                ])
            };
            let receipt = receipt.expect("something to wait for");
            receipt.wait().await.expect("kept");
            people.finish().await;
            database.close().await;
        }
        let database = Database::open(directory.path()).await.expect("it opens");
        let people = people();
        people.keep_in(&database).await.expect("tables");
        {
            let mut state = people.state();
            assert_eq!(state.rosters.contact(&ann, &bob), Some(&contact));
            let numbers: Vec<_> = state
                .offline
                .take(&ann)
                .iter()
                .map(|kept| kept.number)
                .collect();
            assert_eq!(numbers, [2, 3]);
        }
        let actor = crate::people::tests::actor("ann@x/1");
        let removal = Change {
            jid: bob.clone(),
            name: "".into(),
            groups: Vec::new(),
            is_removal: true,
        };
        // A disk that fails: memory goes on, who asked is told, and what was not kept is kept as soon as it can be.
        let rename = |from: &str, to: &str| {
            sqlx::AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"))
        };
        let renamed = sqlx::query(rename("contact", "elsewhere")).execute(database.pool());
        renamed.await.expect("the table is gone");
        let receipt = people.change_roster(&actor, removal, &mut Wakes::default());
        let receipt = receipt.expect("known").expect("something to wait for");
        receipt.wait().await.expect_err("there is no such table");
        assert_eq!(people.state().rosters.contact(&ann, &bob), None);
        let renamed = sqlx::query(rename("elsewhere", "contact")).execute(database.pool());
        renamed.await.expect("the table is back");
        people.finish().await;
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM contact")
            .fetch_one(database.pool())
            .await
            .expect("a number");
        assert_eq!(left, 0);
    }
}
