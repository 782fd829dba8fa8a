//! Accounts in the database of the server. Other processes may change them meanwhile: SQLite tells whether somebody did, and a table tells which
//! accounts have ended.

use std::num::NonZeroU32;
use std::time::Duration;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use tokio::sync::Mutex;

use super::{
    Account, AccountEnd, AccountError, AccountFuture, Accounts, Credentials, Hash, Verifier,
};
use crate::database::{Database, DatabaseError};

/// How often it is looked whether the file has changed.
const LOOK: Duration = Duration::from_millis(500);

/// An account remembers the last end before it: an end that is not later is that of another account with its name. The last 10,000 ends are kept.
const MIGRATIONS: &[&str] = &["
CREATE TABLE account (
    name TEXT PRIMARY KEY NOT NULL,
    is_enabled INTEGER NOT NULL DEFAULT 1,
    made INTEGER NOT NULL DEFAULT (unixepoch()),
    after_end INTEGER NOT NULL,
    sha1_salt BLOB NOT NULL,
    sha1_iterations INTEGER NOT NULL,
    sha1_stored_key BLOB NOT NULL,
    sha1_server_key BLOB NOT NULL,
    sha256_salt BLOB NOT NULL,
    sha256_iterations INTEGER NOT NULL,
    sha256_stored_key BLOB NOT NULL,
    sha256_server_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account_end (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    is_removed INTEGER NOT NULL
) STRICT;

CREATE TRIGGER account_removed AFTER DELETE ON account BEGIN
    INSERT INTO account_end (name, is_removed) VALUES (OLD.name, 1);
    DELETE FROM account_end WHERE number <= (SELECT max(number) FROM account_end) - 10000;
END;

CREATE TRIGGER account_disabled AFTER UPDATE OF is_enabled ON account WHEN NEW.is_enabled = 0 BEGIN
    INSERT INTO account_end (name, is_removed) VALUES (NEW.name, 0);
    DELETE FROM account_end WHERE number <= (SELECT max(number) FROM account_end) - 10000;
END;
"];

const FIND: &str = "SELECT sha1_salt, sha1_iterations, sha1_stored_key, sha1_server_key, \
    sha256_salt, sha256_iterations, sha256_stored_key, sha256_server_key FROM account WHERE name = ?";

const ADD: &str = "INSERT INTO account (name, after_end, sha1_salt, sha1_iterations, sha1_stored_key, sha1_server_key, \
    sha256_salt, sha256_iterations, sha256_stored_key, sha256_server_key) \
    VALUES (?, (SELECT coalesce(max(number), 0) FROM account_end), ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING";

const REPLACE: &str = "UPDATE account SET \
    sha1_salt = ?2, sha1_iterations = ?3, sha1_stored_key = ?4, sha1_server_key = ?5, \
    sha256_salt = ?6, sha256_iterations = ?7, sha256_stored_key = ?8, sha256_server_key = ?9 WHERE name = ?1";

/// Ends after one, but for those of accounts that were made anew since.
const ENDS: &str = "SELECT e.number, e.name, e.is_removed, \
    EXISTS (SELECT 1 FROM account a WHERE a.name = e.name AND a.is_enabled AND a.after_end >= e.number) \
    FROM account_end e WHERE e.number > ? ORDER BY e.number LIMIT 1";

/// Accounts that are kept in a [`Database`].
#[derive(Debug)]
pub struct SqliteAccounts {
    database: Database,
    /// One connection for looking, because the version of the data is that of a connection; and what was seen with it.
    watch: Mutex<Watch>,
}

#[derive(Debug)]
struct Watch {
    connection: Option<sqlx::pool::PoolConnection<sqlx::Sqlite>>,
    version: Option<i64>,
    /// The last end that was told.
    told: i64,
}

impl SqliteAccounts {
    /// The accounts of a database.
    ///
    /// # Errors
    ///
    /// When their tables cannot be made or are of a later version.
    pub async fn open(database: &Database) -> Result<Self, DatabaseError> {
        database.migrate("accounts", MIGRATIONS).await?;
        let told = sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM account_end")
            .fetch_one(database.pool())
            .await
            .map_err(|source| database.failed(source))?;
        Ok(Self {
            database: database.clone(),
            watch: Mutex::new(Watch {
                connection: None,
                version: None,
                told,
            }),
        })
    }

    /// Runs one of the two statements that write credentials; whether a row was written.
    async fn write(
        &self,
        statement: &'static str,
        username: &str,
        credentials: &Credentials,
    ) -> Result<bool, AccountError> {
        let mut query = sqlx::query(statement).bind(username);
        for verifier in [&credentials.sha1, &credentials.sha256] {
            query = query
                .bind(&verifier.salt)
                .bind(verifier.iterations.get())
                .bind(&verifier.stored_key)
                .bind(&verifier.server_key);
        }
        let written = query.execute(self.database.pool()).await;
        Ok(written.map_err(unavailable)?.rows_affected() > 0)
    }

    async fn flag(&self, statement: &'static str, username: &str) -> Result<bool, AccountError> {
        sqlx::query_scalar(statement)
            .bind(username)
            .fetch_one(self.database.pool())
            .await
            .map_err(unavailable)
    }
}

impl Watch {
    /// The next end, if there is one. Looks at the table only when somebody has written to the file.
    async fn look(&mut self, database: &Database) -> Result<Option<AccountEnd>, sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(database.pool().acquire().await?),
        };
        let connection: &mut SqliteConnection = connection;
        let version: i64 = sqlx::query_scalar("PRAGMA data_version")
            .fetch_one(&mut *connection)
            .await?;
        if self.version == Some(version) {
            return Ok(None);
        }
        loop {
            let next: Option<(i64, String, bool, bool)> = sqlx::query_as(ENDS)
                .bind(self.told)
                .fetch_optional(&mut *connection)
                .await?;
            let Some((number, name, is_removed, is_another)) = next else {
                // What is written between the two looks changes the version again.
                self.version = Some(version);
                return Ok(None);
            };
            self.told = number;
            if is_another {
                continue;
            }
            return Ok(Some(if is_removed {
                AccountEnd::Removed(name)
            } else {
                AccountEnd::Disabled(name)
            }));
        }
    }
}

impl Accounts for SqliteAccounts {
    fn credentials<'a>(&'a self, username: &'a str) -> AccountFuture<'a, Option<Credentials>> {
        Box::pin(async move {
            let row = sqlx::query(FIND)
                .bind(username)
                .fetch_optional(self.database.pool())
                .await
                .map_err(unavailable)?;
            row.map(|row| {
                Ok(Credentials {
                    sha1: verifier(&row, Hash::Sha1, 0)?,
                    sha256: verifier(&row, Hash::Sha256, 4)?,
                })
            })
            .transpose()
        })
    }

    fn is_enabled<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        let statement = "SELECT EXISTS (SELECT 1 FROM account WHERE name = ? AND is_enabled)";
        Box::pin(self.flag(statement, username))
    }

    fn exists<'a>(&'a self, username: &'a str) -> AccountFuture<'a, bool> {
        Box::pin(self.flag(
            "SELECT EXISTS (SELECT 1 FROM account WHERE name = ?)",
            username,
        ))
    }

    fn add<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            if self.write(ADD, username, &credentials).await? {
                Ok(())
            } else {
                Err(AccountError::Taken(username.to_owned()))
            }
        })
    }

    fn replace<'a>(&'a self, username: &'a str, credentials: Credentials) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            if self.write(REPLACE, username, &credentials).await? {
                Ok(())
            } else {
                Err(AccountError::Missing(username.to_owned()))
            }
        })
    }

    fn remove<'a>(&'a self, username: &'a str) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let remove = sqlx::query("DELETE FROM account WHERE name = ?").bind(username);
            let removed = remove.execute(self.database.pool()).await;
            removed.map(drop).map_err(unavailable)
        })
    }

    fn enable<'a>(&'a self, username: &'a str, is_enabled: bool) -> AccountFuture<'a, ()> {
        Box::pin(async move {
            let written = sqlx::query("UPDATE account SET is_enabled = ? WHERE name = ?")
                .bind(is_enabled)
                .bind(username)
                .execute(self.database.pool())
                .await
                .map_err(unavailable)?;
            if written.rows_affected() == 0 {
                return Err(AccountError::Missing(username.to_owned()));
            }
            Ok(())
        })
    }

    fn list(&self) -> AccountFuture<'_, Vec<Account>> {
        Box::pin(async move {
            let rows: Vec<(String, bool)> =
                sqlx::query_as("SELECT name, is_enabled FROM account ORDER BY name")
                    .fetch_all(self.database.pool())
                    .await
                    .map_err(unavailable)?;
            let account = |(name, is_enabled): (String, bool)| Account::new(name, is_enabled);
            Ok(rows.into_iter().map(account).collect())
        })
    }

    fn ended(&self) -> AccountFuture<'_, AccountEnd> {
        Box::pin(async move {
            let mut watch = self.watch.lock().await;
            loop {
                match watch.look(&self.database).await {
                    Ok(Some(end)) => return Ok(end),
                    Ok(None) => tokio::time::sleep(LOOK).await,
                    Err(error) => {
                        watch.connection = None;
                        watch.version = None;
                        return Err(unavailable(error));
                    }
                }
            }
        })
    }
}

/// The four columns of a verifier, from the one with that number on.
fn verifier(row: &SqliteRow, hash: Hash, first: usize) -> Result<Verifier, AccountError> {
    let iterations: u32 = row.try_get(first + 1).map_err(unavailable)?;
    Ok(Verifier {
        hash,
        salt: row.try_get(first).map_err(unavailable)?,
        iterations: NonZeroU32::new(iterations)
            .ok_or_else(|| AccountError::Unavailable("an account has no iterations".to_owned()))?,
        stored_key: row.try_get(first + 2).map_err(unavailable)?,
        server_key: row.try_get(first + 3).map_err(unavailable)?,
    })
}

fn unavailable(error: impl std::error::Error) -> AccountError {
    AccountError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{add_account, change_password};

    #[tokio::test]
    async fn accounts_are_kept_and_ends_are_told_to_others() {
        let directory = tempfile::tempdir().expect("a directory");
        let open = async || {
            let database = Database::open(directory.path()).await.expect("it opens");
            SqliteAccounts::open(&database).await.expect("accounts")
        };
        let ours = open().await;
        let theirs = open().await;
        for name in ["ann", "bob", "cat"] {
            add_account(&theirs, name, "secret", 7)
                .await
                .expect("added");
        }
        let taken = add_account(&ours, "ann", "other", 7).await;
        assert!(matches!(taken, Err(AccountError::Taken(_))));
        assert!(ours.is_password("ann", "secret").await.expect("asked"));
        change_password(&ours, "ann", "other", 9)
            .await
            .expect("changed");
        assert!(theirs.is_password("ann", "other").await.expect("asked"));
        assert!(!theirs.is_password("ann", "secret").await.expect("asked"));
        theirs.enable("bob", false).await.expect("disabled");
        assert!(!ours.is_enabled("bob").await.expect("asked"));
        assert_eq!(
            ours.ended().await.expect("an end"),
            AccountEnd::Disabled("bob".into())
        );
        // One that is made anew at once is another one.
        for _ in 0..20 {
            theirs.remove("cat").await.expect("removed");
            add_account(&theirs, "cat", "secret", 7)
                .await
                .expect("anew");
        }
        let began = std::time::Instant::now();
        theirs.remove("ann").await.expect("removed");
        assert_eq!(
            ours.ended().await.expect("an end"),
            AccountEnd::Removed("ann".into())
        );
        // They cost no look each.
        assert!(began.elapsed() < LOOK * 10);
        let listed = ours.list().await.expect("listed");
        assert_eq!(
            listed,
            [Account::new("bob", false), Account::new("cat", true)]
        );
        let missing = ours.enable("ann", true).await;
        assert!(matches!(missing, Err(AccountError::Missing(_))));
        // Who was removed does not come back by a new password.
        let missing = change_password(&ours, "ann", "again", 7).await;
        assert!(matches!(missing, Err(AccountError::Missing(_))));
        assert!(!ours.exists("ann").await.expect("asked"));
        // Ends of before it was opened are nobody's business.
        let later = open().await;
        theirs.remove("bob").await.expect("removed");
        assert_eq!(
            later.ended().await.expect("an end"),
            AccountEnd::Removed("bob".into())
        );
    }
}
