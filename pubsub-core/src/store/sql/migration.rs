//! Brings a database to the version that this library knows.
//!
//! Knows the versions, each a file. Does not know the tables of models.

use std::sync::Arc;

use super::connection::Connection;
use super::dialect::Dialect;
use super::statement::Statement;
use crate::store::{StoreError, StoreErrorKind};

/// The version of the tables that this library works with.
const VERSION: i64 = 1;

/// The statements that lead to each version, from the one before.
fn steps(dialect: Dialect) -> [&'static str; 1] {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => [include_str!("migration/sqlite_1.sql")],
        #[cfg(feature = "postgres")]
        Dialect::Postgres => [include_str!("migration/postgres_1.sql")],
    }
}

/// Makes the tables that are missing, inside one transaction, and answers with the id of the log. Others who do the same wait.
///
/// # Errors
///
/// [`StoreErrorKind::Version`] when the database is of a later version, or when a table that has our name is not ours.
pub(crate) async fn migrate(connection: &mut dyn Connection) -> Result<Arc<str>, StoreError> {
    let dialect = connection.dialect();
    // In the usual case nothing has to be written, and nobody has to wait.
    if let Some((VERSION, log)) = present(connection).await? {
        return Ok(log);
    }
    run(connection, dialect.begin()).await?;
    match upgrade(connection).await {
        Ok(log) => {
            run(connection, "COMMIT").await?;
            Ok(log)
        }
        Err(error) => {
            // What went wrong first is what counts.
            let _ = run(connection, "ROLLBACK").await;
            Err(error)
        }
    }
}

async fn upgrade(connection: &mut dyn Connection) -> Result<Arc<str>, StoreError> {
    let dialect = connection.dialect();
    if let Some(alone) = dialect.alone() {
        run(connection, alone).await?;
    }
    let present = present(connection).await?;
    let version = present.as_ref().map_or(0, |(version, _)| *version);
    let done = usize::try_from(version).unwrap_or(0);
    for step in steps(dialect).into_iter().skip(done) {
        for statement in statements(step) {
            run(connection, &statement).await?;
        }
    }
    if let Some((_, log)) = present {
        let mut update = Statement::new(dialect, "UPDATE pubsub_store SET version = ");
        update.bind(VERSION);
        connection.execute(update).await?;
        return Ok(log);
    }
    let log = new_log();
    let mut insert = Statement::new(dialect, "INSERT INTO pubsub_store (version, log) VALUES (");
    insert.bind(VERSION).push(", ").bind(log.clone()).push(")");
    connection.execute(insert).await?;
    Ok(log)
}

fn new_log() -> Arc<str> {
    crate::name::ItemId::unique().as_str().into()
}

/// Gives the database a new log.
pub(super) async fn renew_log(connection: &mut dyn Connection) -> Result<Arc<str>, StoreError> {
    let log = new_log();
    let mut update = Statement::new(connection.dialect(), "UPDATE pubsub_store SET log = ");
    update.bind(log.clone());
    connection.execute(update).await?;
    Ok(log)
}

/// The version and the log of the database; `None` where there is nothing of ours yet.
pub(crate) async fn present(
    connection: &mut dyn Connection,
) -> Result<Option<(i64, Arc<str>)>, StoreError> {
    let dialect = connection.dialect();
    let mut is_there = false;
    let mut question = Statement::new(dialect, dialect.has_table());
    question.bind("pubsub_store");
    connection
        .fetch(question, &mut |_| {
            is_there = true;
            Ok(())
        })
        .await?;
    if !is_there {
        return Ok(None);
    }
    let mut found = None;
    let question = Statement::new(dialect, "SELECT version, log FROM pubsub_store");
    connection
        .fetch(question, &mut |row| {
            found = row.integer(0)?.zip(row.text(1)?.map(Arc::from));
            Ok(())
        })
        .await
        .map_err(|error| match error.kind() {
            StoreErrorKind::Elsewhere | StoreErrorKind::Database => not_ours().with(error),
            _ => error,
        })?;
    match found {
        Some((version, log)) if (1..=VERSION).contains(&version) => Ok(Some((version, log))),
        None | Some((..1, _)) => Err(not_ours()),
        Some((version, _)) => Err(StoreError::new(
            StoreErrorKind::Version,
            format!(
                "the store is of version {version}, but this program knows versions up to {VERSION}: \
                 use a newer version of pubsub-core, or another store"
            ),
        )),
    }
}

fn not_ours() -> StoreError {
    StoreError::new(
        StoreErrorKind::Version,
        format!(
            "the database has a table pubsub_store that is not that of a store of version 1 to {VERSION}: use another database"
        ),
    )
}

async fn run(connection: &mut dyn Connection, text: &str) -> Result<(), StoreError> {
    let statement = Statement::new(connection.dialect(), text);
    connection.execute(statement).await.map(drop)
}

/// The statements of a file: each ends with a semicolon at the end of a line, but those of a body, which are indented.
fn statements(file: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut is_in_quotes = false;
    for line in file
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("--"))
    {
        statement.push_str(line);
        statement.push('\n');
        if line.matches("$$").count() % 2 == 1 {
            is_in_quotes = !is_in_quotes;
        }
        let is_body = is_in_quotes || (line.starts_with(' ') && is_trigger(&statement));
        if line.ends_with(';') && !is_body {
            statements.push(std::mem::take(&mut statement));
        }
    }
    statements
}

/// Whether a statement has a body that ends with `END;`.
fn is_trigger(statement: &str) -> bool {
    statement.lines().any(|line| line == "BEGIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_file_is_split_into_its_statements() {
        let all = statements(include_str!("migration/sqlite_1.sql"));
        assert_eq!(all.len(), 8);
        assert!(all.iter().all(|statement| statement.starts_with("CREATE ")));
        assert!(all.last().expect("a trigger").ends_with("END;\n"));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_body_between_dollars_stays_whole() {
        let all = statements(include_str!("migration/postgres_1.sql"));
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|statement| statement.starts_with("CREATE ")));
    }
}
