//! Versions of tables: which there are, and how the next one is made. Each part of the server counts its own.

use sqlx::SqliteConnection;

use super::{Database, DatabaseError};

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS version (part TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) STRICT";

/// Runs the scripts that have not run yet, all of them or none.
pub(super) async fn run(
    database: &Database,
    part: &str,
    migrations: &'static [&'static str],
) -> Result<(), DatabaseError> {
    let failed = |source| database.failed(source);
    let begin = database.pool.begin_with("BEGIN IMMEDIATE");
    let mut transaction = begin.await.map_err(failed)?;
    let found = version(&mut transaction, part).await.map_err(failed)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(DatabaseError::Later {
            path: database.path.clone(),
            part: part.to_owned(),
            found,
            known,
        });
    }
    let done = usize::try_from(found).unwrap_or_default();
    for script in migrations.iter().skip(done) {
        let run = sqlx::raw_sql(*script).execute(&mut *transaction);
        run.await.map_err(failed)?;
    }
    if found < known {
        let note = sqlx::query("INSERT OR REPLACE INTO version (part, number) VALUES (?, ?)");
        let note = note.bind(part).bind(known).execute(&mut *transaction);
        note.await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

async fn version(connection: &mut SqliteConnection, part: &str) -> Result<i64, sqlx::Error> {
    sqlx::raw_sql(VERSIONS).execute(&mut *connection).await?;
    let found: Option<i64> = sqlx::query_scalar("SELECT number FROM version WHERE part = ?")
        .bind(part)
        .fetch_optional(connection)
        .await?;
    Ok(found.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[&str] = &["CREATE TABLE pet (name TEXT NOT NULL) STRICT"];
    const TWO: &[&str] = &[
        "CREATE TABLE pet (name TEXT NOT NULL) STRICT",
        "ALTER TABLE pet ADD COLUMN legs INTEGER NOT NULL DEFAULT 4; INSERT INTO pet (name) VALUES ('late')",
    ];
    const WRONG: &[&str] = &["CREATE TABLE egg (x TEXT) STRICT; CREATE NONSENSE"];

    #[tokio::test]
    async fn scripts_run_once_in_order_and_later_versions_are_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = Database::open(directory.path()).await.expect("it opens");
        database.migrate("pets", ONE).await.expect("version 1");
        database.migrate("pets", ONE).await.expect("nothing to do");
        sqlx::query("INSERT INTO pet VALUES ('early')")
            .execute(database.pool())
            .await
            .expect("a pet");
        database.close().await;
        let database = Database::existing(directory.path()).await.expect("again");
        database.migrate("pets", TWO).await.expect("version 2");
        database.migrate("pets", TWO).await.expect("nothing to do");
        let pets: Vec<(String, i64)> = sqlx::query_as("SELECT name, legs FROM pet ORDER BY rowid")
            .fetch_all(database.pool())
            .await
            .expect("pets");
        assert_eq!(pets, [("early".to_owned(), 4), ("late".to_owned(), 4)]);
        let refused = database.migrate("pets", ONE).await.expect_err("too old");
        assert!(
            refused
                .to_string()
                .contains("\"pets\" is in version 2, and this program knows 1"),
            "{refused}"
        );
        // Another part counts for itself, and a script that fails leaves nothing.
        database.migrate("eggs", WRONG).await.expect_err("no SQL");
        database
            .migrate("eggs", &["CREATE TABLE egg (y TEXT) STRICT"])
            .await
            .expect("version 1 of another part");
    }

    #[tokio::test]
    async fn a_directory_of_somebody_else_is_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let missing = Database::existing(directory.path()).await;
        assert!(matches!(missing, Err(DatabaseError::Missing(_))));
        std::fs::write(directory.path().join("letter"), "mine").expect("a file");
        let refused = Database::open(directory.path()).await.expect_err("refused");
        assert!(refused.to_string().contains("holds letter"), "{refused}");
        assert!(!directory.path().join("people.sqlite").exists());
    }
}
